import type { TokenStorage } from './storage.js';

/** The options of a client. */
export interface ClientOptions {
  /** The URL of the service, such as `https://auth.example.com`. Empty for the page's own origin. */
  baseUrl: string;
  /**
   * `browser` for web pages: a session cookie and a CSRF token. `app` for mobile apps and programs: tokens that the
   * client keeps in `storage`.
   */
  client: 'browser' | 'app';
  /** App client: the storage of the tokens. By default, they are kept in memory. */
  storage?: TokenStorage;
  /** The `fetch` function to use. By default, the platform's. */
  fetch?: (request: Request) => Promise<Response>;
  /** Browser client: the name of the CSRF cookie (the service's `CSRF_COOKIE_NAME`). By default `csrftoken`. */
  csrfCookieName?: string;
  /** Browser client: returns the CSRF token. Needed if the page cannot read the cookie. */
  csrfToken?: () => string | undefined;
  /** App client: sent as `User-Agent` if the platform permits it. The user sees it in the list of sessions. */
  userAgent?: string;
}
