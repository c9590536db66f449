import type { TokenStorage } from './storage.js';

/** The tokens that an app client stores. */
export interface Tokens {
  /** The `X-Session-Token`. It can also belong to a login that is not complete yet. */
  session?: string;
  /** JWT strategy: the access token. */
  access?: string;
  /** JWT strategy: the refresh token. */
  refresh?: string;
  /** The time at which the access token expires by this device's clock, in milliseconds since 1970. */
  expires?: number;
}

/** Runs one function at a time, across tabs if the platform supports it. The function calls `wrote` if it wrote to the storage. */
export type Lock = <T>(run: (wrote: () => void) => Promise<T>) => Promise<T>;

/** Milliseconds after which all tabs see what one tab wrote to `localStorage`. Browsers do not make it visible at once. */
export const SETTLE = 100;

/** The last function in the queue of each lock of this process. */
const queues = new Map<string, Promise<unknown>>();

/**
 * Returns the lock with this name. In browsers and workers it uses Web Locks, which cover all tabs of an origin.
 * Elsewhere it is a queue in this process.
 */
export function lockNamed(name: string): Lock {
  const locks = (globalThis.navigator as Navigator | undefined)?.locks;
  if (locks) {
    return (run) =>
      new Promise((resolve, reject) => {
        const hold = async () => {
          let hasWritten = false;
          const outcome = run(() => (hasWritten = true));
          resolve(outcome);
          await outcome.catch(() => undefined);
          if (hasWritten) await new Promise((done) => setTimeout(done, SETTLE));
        };
        locks.request(name, hold).catch(reject);
      });
  }
  return (run) => {
    const begin = () => run(() => {});
    const next = (queues.get(name) ?? Promise.resolve()).then(begin, begin);
    queues.set(name, next.catch(() => undefined));
    return next;
  };
}

/** Reads and writes the tokens of one client. */
export class TokenStore {
  constructor(
    private readonly storage: TokenStorage,
    private readonly key: string,
  ) {}

  async read(): Promise<Tokens> {
    try {
      return JSON.parse((await this.storage.getItem(this.key)) ?? '{}') as Tokens;
    } catch {
      return {};
    }
  }

  async write(tokens: Tokens): Promise<void> {
    await this.storage.setItem(this.key, JSON.stringify(tokens));
  }

  async clear(): Promise<void> {
    await this.storage.removeItem(this.key);
  }
}

/**
 * Returns the time at which a JWT expires by this device's clock. It uses only the token's lifetime (`exp` minus
 * `iat`), so the clock may be wrong. Returns `undefined` if the token is not a JWT with both claims.
 */
export function expiryOf(token: string, now: number): number | undefined {
  try {
    const payload = token.split('.')[1]!.replaceAll('-', '+').replaceAll('_', '/');
    const { exp, iat } = JSON.parse(atob(payload)) as { exp?: number; iat?: number };
    return exp === undefined || iat === undefined ? undefined : now + (exp - iat) * 1000;
  } catch {
    return undefined;
  }
}
