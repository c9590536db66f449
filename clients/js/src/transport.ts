import createApi from 'openapi-fetch';
import type { paths } from './api.js';
import { failureOf, OFFLINE } from './failure.js';
import type { ClientOptions } from './options.js';
import { memoryStorage } from './storage.js';
import { Store, stateOf, type AuthAnswer } from './store.js';
import { expiryOf, lockNamed, SETTLE, TokenStore, type Lock, type Tokens } from './tokens.js';
import type { Failure, Result } from './types.js';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The minimum remaining lifetime of an access token, in milliseconds. A token with less is refreshed before use. */
const MARGIN = 10_000;

const SAFE = new Set<string>(['GET', 'HEAD']);

/** Sends requests with the client's credentials, and updates the store and the tokens from the responses. */
export class Transport {
  readonly store = new Store();
  readonly baseUrl: string;
  private readonly api;
  private readonly tokens: TokenStore;
  private readonly lock: Lock;
  private readonly channel: BroadcastChannel | undefined;
  private readonly send: (request: Request) => Promise<Response>;
  private loading: Promise<void> | undefined;

  constructor(readonly options: ClientOptions) {
    this.baseUrl = options.baseUrl.replace(/\/$/, '');
    const key = `latchkey:${this.baseUrl}:${options.client}`;
    this.tokens = new TokenStore(options.storage ?? memoryStorage(), key);
    this.lock = lockNamed(key);
    this.send = options.fetch ?? ((request) => fetch(request));
    this.api = createApi<paths>({
      baseUrl: this.baseUrl || globalThis.location?.origin,
      fetch: (request) => this.send(request),
    });
    if (typeof BroadcastChannel === 'function' && typeof window === 'object') {
      this.channel = new BroadcastChannel(key);
      this.channel.onmessage = () => void setTimeout(() => void this.reload(), this.isApp ? SETTLE : 0);
    }
  }

  get isApp(): boolean {
    return this.options.client === 'app';
  }

  /** Fetches the session, unless that has happened. An attempt that failed does not count. */
  load(): Promise<void> {
    if (this.store.getSnapshot().status === 'unavailable') this.loading = undefined;
    return (this.loading ??= this.reload());
  }

  /** Fetches the session again, without notifying other tabs. */
  async reload(): Promise<void> {
    const outcome = await this.request('GET', 'auth/session');
    if (!outcome.ok && (outcome.failure.status === 0 || outcome.failure.status >= 500)) {
      const { status } = this.store.getSnapshot();
      if (status === 'loading' || status === 'unavailable') {
        this.store.set({ status: 'unavailable', failure: outcome.failure });
      }
    }
  }

  /** Sends a request of the headless API, and returns the `data` of its response. */
  async request<T>(method: Method, path: string, body?: unknown, query?: Record<string, unknown>, headers?: Record<string, string>): Promise<Result<T>> {
    const outcome = await this.exchange(method, path, body, query, headers);
    if (!outcome.ok) return outcome;
    const { response, answer } = outcome.data;
    if (response.ok) return { ok: true, data: answer?.data as T };
    return { ok: false, failure: failureOf(response, answer) };
  }

  /**
   * Sends a request whose response contains the state of the session. A response with a next step is a success: the
   * state contains the step. With `leavesAnonymous`, a 401 without a next step is also a success: the call succeeded,
   * and the user is not logged in.
   */
  async step(method: Method, path: string, body?: unknown, leavesAnonymous = false): Promise<Result<ReturnType<Store['getSnapshot']>>> {
    const outcome = await this.exchange(method, path, body);
    if (!outcome.ok) return outcome;
    const { response, answer } = outcome.data;
    const state = answer && stateOf(answer);
    const isNext = state?.status === 'pending' || (leavesAnonymous && state?.status === 'anonymous');
    const went = response.ok || (response.status === 401 && isNext) || isLogout(method, path, response);
    return went ? { ok: true, data: this.store.getSnapshot() } : { ok: false, failure: failureOf(response, answer) };
  }

  /** Sends a request, and updates the store and the tokens from the response. */
  async exchange(
    method: Method,
    path: string,
    body?: unknown,
    query?: Record<string, unknown>,
    headers: Record<string, string> = {},
    isRetry = false,
  ): Promise<{ ok: true; data: { response: Response; answer: AuthAnswer | undefined } } | { ok: false; failure: Failure }> {
    // The first answer brings the CSRF cookie.
    if (!this.isApp && !SAFE.has(method)) await this.load();
    const used = this.isApp ? await this.usableTokens() : {};
    let response: Response;
    let answer: AuthAnswer | undefined;
    try {
      // The path is one of the API description: the client's methods are typed by its operations.
      const outcome = await this.api.request(method.toLowerCase() as 'get', `/_allauth/${this.options.client}/v1/${path}` as '/_allauth/{client}/v1/config', {
        params: { query } as never,
        body: body as never,
        credentials: this.isApp ? 'omit' : 'include',
        headers: { Accept: 'application/json', ...this.credentials(method, used), ...headers },
      });
      response = outcome.response;
      answer = (outcome.data ?? outcome.error) as AuthAnswer | undefined;
    } catch {
      return { ok: false, failure: OFFLINE };
    }
    const isStale = this.isApp && used.refresh && !used.session && (response.status === 401 || response.status === 410);
    if (isStale && !isRetry && !isStep(answer)) {
      const renewed = await this.refresh(used.access);
      if (renewed === true) return this.exchange(method, path, body, query, headers, true);
      // The refresh can succeed later, so this is not the end of the session.
      if (renewed) return { ok: false, failure: renewed };
    }
    await this.note(method, response, answer, used);
    return { ok: true, data: { response, answer } };
  }

  /** Updates the tokens and the state from a response. */
  private async note(method: Method, response: Response, answer: AuthAnswer | undefined, used: Tokens): Promise<void> {
    // After a 410, and after the current session has ended, the tokens are invalid.
    const isOver = response.status === 410 || (method === 'DELETE' && answer?.meta?.is_authenticated === false);
    if (this.isApp) await this.keep(answer, used, isOver);
    const before = this.store.getSnapshot();
    const state = answer && stateOf(answer);
    if (state) {
      this.store.set(state);
      const changed = this.store.getSnapshot() !== before;
      if (changed && !SAFE.has(method)) this.channel?.postMessage('changed');
    }
  }

  private async keep(answer: AuthAnswer | undefined, used: Tokens, hasEnded: boolean): Promise<void> {
    const meta = (answer?.meta ?? {}) as { session_token?: string; access_token?: string; refresh_token?: string };
    const next: Tokens = hasEnded ? {} : { ...used };
    if (meta.session_token) next.session = meta.session_token;
    if (meta.access_token) {
      Object.assign(next, { access: meta.access_token, refresh: meta.refresh_token ?? used.refresh });
      next.expires = expiryOf(meta.access_token, Date.now());
      if (!meta.session_token) delete next.session;
    }
    if (JSON.stringify(next) === JSON.stringify(used)) return;
    // Another tab might have logged in since. Keep its tokens, because they did not end.
    if (hasEnded && JSON.stringify(await this.tokens.read()) !== JSON.stringify(used)) return;
    if (Object.keys(next).length) await this.tokens.write(next);
    else await this.tokens.clear();
  }

  private credentials(method: Method, { session, access }: Tokens): Record<string, string> {
    const headers: Record<string, string> = {};
    if (this.isApp) {
      if (session) headers['X-Session-Token'] = session;
      else if (access) headers['Authorization'] = `Bearer ${access}`;
      if (this.options.userAgent) headers['User-Agent'] = this.options.userAgent;
    } else if (!SAFE.has(method)) {
      const token = this.csrfToken();
      if (token) headers['X-CSRFToken'] = token;
    }
    return headers;
  }

  /** Returns the CSRF token of the browser client, if there is one yet. */
  csrfToken(): string | undefined {
    if (this.options.csrfToken) return this.options.csrfToken();
    const name = `${this.options.csrfCookieName ?? 'csrftoken'}=`;
    const cookie = globalThis.document?.cookie.split('; ').find((cookie) => cookie.startsWith(name));
    return cookie && decodeURIComponent(cookie.slice(name.length));
  }

  /**
   * Returns an access token that is still valid for a while, or `undefined` if there is none. Refreshes it if
   * necessary.
   */
  async accessToken(): Promise<string | undefined> {
    return (await this.usableTokens()).access;
  }

  private async usableTokens(): Promise<Tokens> {
    const tokens = await this.tokens.read();
    const isShort = tokens.refresh && tokens.expires !== undefined && tokens.expires - Date.now() < MARGIN;
    if (!isShort) return tokens;
    await this.refresh(tokens.access);
    return this.tokens.read();
  }

  /**
   * Replaces the access token `stale`. If several calls in all tabs refresh at the same time, only one sends the request,
   * and the others read the result from the storage. Returns whether there is a new token, or the failure of the request.
   */
  async refresh(stale: string | undefined): Promise<boolean | Failure> {
    return this.lock(async (wrote) => {
      const tokens = await this.tokens.read();
      if (tokens.access !== stale) return tokens.access !== undefined;
      if (!tokens.refresh) return false;
      const { data, response } = await this.api
        .POST('/_allauth/app/v1/tokens/refresh', { body: { refresh_token: tokens.refresh }, credentials: 'omit' })
        .catch(() => ({ data: undefined, response: undefined }));
      if (!response) return OFFLINE;
      if (response.status >= 500 || response.status === 429) return failureOf(response, undefined);
      wrote();
      if (!data) {
        await this.tokens.clear();
        this.store.set({ status: 'anonymous', flows: [] });
        this.channel?.postMessage('changed');
        return false;
      }
      const { access_token: access, refresh_token: refresh = tokens.refresh } = data.data;
      await this.tokens.write({ ...tokens, access, refresh, expires: expiryOf(access, Date.now()) });
      return true;
    });
  }

  /** Calls `fetch` with the access token. After a 401, it refreshes the token and sends the request once more. */
  async fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init);
    const send = (token: string | undefined) => {
      const copy = request.clone();
      if (token) copy.headers.set('Authorization', `Bearer ${token}`);
      return this.send(copy);
    };
    const token = await this.accessToken();
    const response = await send(token);
    if (response.status !== 401 || !token || (await this.refresh(token)) !== true) return response;
    return send((await this.tokens.read()).access);
  }

  /** Closes the channel to other tabs. */
  close(): void {
    this.channel?.close();
  }
}

/** Returns whether the response asks for a further step, and not for a new token. */
function isStep(answer: AuthAnswer | undefined): boolean {
  return answer?.meta?.is_authenticated === true || (answer?.data?.flows?.some((flow) => flow.is_pending) ?? false);
}

/**
 * Returns whether this is the response to a successful logout. The service answers 401, because the user is not logged
 * in anymore.
 */
function isLogout(method: Method, path: string, response: Response): boolean {
  return method === 'DELETE' && path.startsWith('auth/session') && (response.status === 401 || response.status === 410);
}
