import type { TokenStorage } from './storage.js';

/** How to reach the service. */
export interface ClientOptions {
  /** Where the service is, such as `https://auth.example.com`. Empty for the page's own origin. */
  baseUrl: string;
  /**
   * `browser` for pages: a session cookie, and a CSRF token. `app` for mobile apps and programs: tokens that this
   * client keeps in `storage`.
   */
  client: 'browser' | 'app';
  /** App client: where tokens are kept. By default in memory. */
  storage?: TokenStorage;
  /** The `fetch` to use. By default the platform's. */
  fetch?: (request: Request) => Promise<Response>;
  /** Browser client: the name of the CSRF cookie (`CSRF_COOKIE_NAME` of the service). By default `csrftoken`. */
  csrfCookieName?: string;
  /** Browser client: returns the CSRF token where the page cannot read the cookie. */
  csrfToken?: () => string | undefined;
  /** App client: sent as `User-Agent` where the platform permits; the person sees it in the list of sessions. */
  userAgent?: string;
}
