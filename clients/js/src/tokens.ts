import type { TokenStorage } from './storage.js';

/** What an app client keeps between requests. */
export interface Tokens {
  /** The `X-Session-Token`, also of a login that is not complete yet. */
  session?: string;
  /** JWT strategy: the access token. */
  access?: string;
  /** JWT strategy: the token that gets the next access token. */
  refresh?: string;
  /** When the access token expires by this device's clock, in milliseconds since 1970. */
  expires?: number;
}

/** Runs one function at a time, across tabs where the platform can. The function calls `wrote` if it wrote to the storage. */
export type Lock = <T>(run: (wrote: () => void) => Promise<T>) => Promise<T>;

/** Milliseconds until all tabs surely see what one wrote to `localStorage`. Browsers do not promise that they do at once. */
export const SETTLE = 100;

/** The last in the queue of each lock of this process. */
const queues = new Map<string, Promise<unknown>>();

/**
 * Returns the lock with this name: Web Locks in browsers and workers, which span all tabs of an origin; a queue within
 * this process elsewhere.
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
 * Returns when a JWT expires by this device's clock. Only the token's own lifetime (`exp` minus `iat`) counts, so a
 * clock that is wrong does no harm. Returns `undefined` if the token is not a JWT with both claims.
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
