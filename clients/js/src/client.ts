import { failureOf } from './failure.js';
import type { ClientOptions } from './options.js';
import { passkeys } from './passkeys.js';
import { Transport } from './transport.js';
import type { AuthState, Body, Data, OperationId, Result } from './types.js';

/** A login at an identity provider: the provider, and the page to return to. */
export interface RedirectOptions {
  /** The provider's id, as `getConfiguration` lists it. */
  provider: string;
  /** The page that the user returns to: a path of this site, or a URL whose host the service trusts. */
  callbackUrl: string;
  /** `login` to log in or sign up, `connect` to add the identity to the account of the logged-in user. */
  process?: 'login' | 'connect';
}

/**
 * The account's authenticator app, or the data for the setup of a new one: `url` for a QR code, `secret` for typing.
 */
export type Totp = { active: Data<'getTotp'> } | { secret: string; url: string };

/** A client of the service. Each method resolves; a call that fails resolves to a `failure`. */
export interface Client extends ReturnType<typeof makeClient> {}

/**
 * Creates a client. It sends no requests until it is used: `subscribe` and `load` fetch the session.
 *
 * @example
 * ```ts
 * const accounts = createClient({ baseUrl: 'https://auth.example.com', client: 'browser' });
 * accounts.subscribe(() => console.log(accounts.getSnapshot()));
 * const result = await accounts.login({ email: 'a@example.com', password: 'secret' });
 * if (!result.ok) console.log(result.failure.errors);
 * ```
 */
export function createClient(options: ClientOptions): Client {
  return makeClient(options);
}

function makeClient(options: ClientOptions) {
  const transport = new Transport(options);
  const { store } = transport;

  const get = <Id extends OperationId>(path: string, query?: Record<string, unknown>, headers?: Record<string, string>) =>
    transport.request<Data<Id>>('GET', path, undefined, query, headers);
  const change = <Id extends OperationId>(method: 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: Body<Id>) =>
    transport.request<Data<Id>>(method, path, body);
  const post = <Id extends OperationId>(path: string, body?: Body<Id>, leavesAnonymous?: boolean) =>
    transport.step('POST', path, body, leavesAnonymous);

  return {
    // The state.

    /** Returns the current state. The result is the same object until the state changes. */
    getSnapshot: store.getSnapshot,
    /**
     * Calls `listener` whenever the state changes, and fetches the session at the first call. Returns a function that
     * ends the subscription.
     */
    subscribe(listener: () => void): () => void {
      void transport.load();
      return store.subscribe(listener);
    },
    /**
     * Fetches the session if that has not happened yet, or failed. Resolves to the state. `subscribe` calls it, and so do
     * the hooks. Call it if nothing subscribes: in a guard of a router, or in a program.
     *
     * @example
     * ```ts
     * const { status } = await accounts.load();
     * if (status !== 'authenticated') location.assign('/login');
     * ```
     */
    async load(): Promise<AuthState> {
      await transport.load();
      return store.getSnapshot();
    },
    /** Fetches the session again. */
    async reload(): Promise<AuthState> {
      await transport.reload();
      return store.getSnapshot();
    },
    /** Cancels the reauthentication that the last call asked for. */
    cancelReauthentication(): void {
      const state = store.getSnapshot();
      if (state.status !== 'reauthentication') return;
      store.set({ status: 'authenticated', user: state.user, methods: state.methods });
    },
    /** Stops listening to other tabs. */
    close: () => transport.close(),

    /** Returns the configuration of the service. */
    getConfiguration: () => get<'getConfiguration'>('config'),

    // Login and signup.

    /**
     * Logs in with a password.
     *
     * @example
     * ```ts
     * const result = await accounts.login({ email: 'ada@example.com', password: 'correct-Horse-42' });
     * if (!result.ok) show(result.failure.errors);
     * else if (result.data.status === 'pending') showStep(result.data.flow.id); // such as `mfa_authenticate`
     * ```
     */
    login: (body: Body<'logIn'>) => post<'logIn'>('auth/login', body),
    /** Signs up. */
    signup: (body: Body<'signUp'>) => post<'signUp'>('auth/signup', body),
    /** Ends the session. */
    logout: () => transport.step('DELETE', 'auth/session'),
    /** Sends a login code. */
    requestLoginCode: (body: Body<'requestLoginCode'>) => post<'requestLoginCode'>('auth/code/request', body),
    /** Logs in with a login code. */
    confirmLoginCode: (code: string) => post<'confirmLoginCode'>('auth/code/confirm', { code }),
    /** Sends another login code. */
    resendLoginCode: () => change<'resendLoginCode'>('POST', 'auth/code/resend'),
    /** Begins a signup with a passkey. `passkeys.finishSignup` completes it. */
    signupByPasskey: (body: Body<'beginPasskeySignup'>) => post<'beginPasskeySignup'>('auth/webauthn/signup', body),

    // Verification.

    /** Returns the address that the key of a verification mail verifies. */
    getEmailVerification: (key: string) =>
      get<'getEmailVerification'>('auth/email/verify', undefined, { 'X-Email-Verification-Key': key }),
    /** Verifies an address with the key or code of its mail. The user may have to log in afterwards. */
    verifyEmail: (key: string) => post<'verifyEmail'>('auth/email/verify', { key }, true),
    /** Sends another code to the address that waits for verification. */
    resendEmailCode: () => change<'resendEmailCode'>('POST', 'auth/email/verify/resend'),
    /** Verifies a phone number with the code that was sent to it. */
    verifyPhone: (code: string) => post<'verifyPhone'>('auth/phone/verify', { code }),
    /** Sends another code to the phone number that waits for verification. */
    resendPhoneCode: () => change<'resendPhoneCode'>('POST', 'auth/phone/verify/resend'),

    // Forgotten passwords.

    /** Sends a mail or a text message for setting a new password. `to` can be just an email address. */
    requestPasswordReset: (to: string | Body<'requestPasswordReset'>) =>
      post<'requestPasswordReset'>('auth/password/request', typeof to === 'string' ? { email: to } : to),
    /** Returns the user that the key of a reset mail belongs to. */
    getPasswordReset: (key: string) =>
      get<'getPasswordReset'>('auth/password/reset', undefined, { 'X-Password-Reset-Key': key }),
    /** Sets a new password with the key or code of the mail. The user may have to log in afterwards. */
    resetPassword: (body: Body<'resetPassword'>) => post<'resetPassword'>('auth/password/reset', body, true),

    // Second factors of a login, and reauthentication.

    /** Completes the second factor of a login, with a code of the authenticator app or a recovery code. */
    authenticate: (code: string) => post<'authenticateByCode'>('auth/2fa/authenticate', { code }),
    /** Sets whether this browser skips the second factor from now on. */
    trustBrowser: (trust: boolean) => post<'trustBrowser'>('auth/2fa/trust', { trust }),
    /** Reauthenticates the user with the password. */
    reauthenticate: (password: string) => post<'reauthenticate'>('auth/reauthenticate', { password }),
    /** Reauthenticates the user with a code of the second factor. */
    reauthenticateByCode: (code: string) => post<'reauthenticateByCode'>('auth/2fa/reauthenticate', { code }),
    /** Ceremonies with passkeys and security keys. */
    passkeys: passkeys(transport),

    // Identity providers.

    /**
     * Leaves the page for the provider. Browser client only.
     *
     * @example
     * ```ts
     * accounts.redirectToProvider({ provider: 'google', callbackUrl: '/welcome' });
     * ```
     */
    redirectToProvider({ provider, callbackUrl, process = 'login' }: RedirectOptions): void {
      const form = document.createElement('form');
      form.method = 'POST';
      form.action = `${transport.baseUrl}/_allauth/browser/v1/auth/provider/redirect`;
      const fields = { provider, callback_url: callbackUrl, process, csrfmiddlewaretoken: transport.csrfToken() ?? '' };
      for (const [name, value] of Object.entries(fields)) {
        const input = document.createElement('input');
        Object.assign(input, { type: 'hidden', name, value });
        form.append(input);
      }
      document.body.append(form);
      form.submit();
    },
    /** Logs in with a token from the provider's own library. */
    loginByProviderToken: (body: Body<'logInByProviderToken'>) => post<'logInByProviderToken'>('auth/provider/token', body),
    /** Returns the data that the provider supplied about a user who is signing up. */
    getProviderSignup: () => get<'getProviderSignup'>('auth/provider/signup'),
    /** Completes the signup of a user who came from a provider. */
    signupByProvider: (body: Body<'signUpByProvider'>) => post<'signUpByProvider'>('auth/provider/signup', body),
    /** Lists the identities that are connected to the account. */
    listProviderAccounts: () => get<'listProviderAccounts'>('account/providers'),
    /** Disconnects an identity. */
    disconnectProviderAccount: (body: Body<'disconnectProviderAccount'>) =>
      change<'disconnectProviderAccount'>('DELETE', 'account/providers', body),

    // The account.

    /** Lists the account's addresses. */
    listEmailAddresses: () => get<'listEmailAddresses'>('account/email'),
    /** Adds an address, and sends a mail to it. */
    addEmailAddress: (email: string) => change<'addEmailAddress'>('POST', 'account/email', { email }),
    /** Sends the verification mail of an address again. */
    resendEmailVerification: (email: string) => change<'resendEmailVerification'>('PUT', 'account/email', { email }),
    /** Makes an address the primary one. */
    makeEmailPrimary: (email: string) => change<'makeEmailPrimary'>('PATCH', 'account/email', { email, primary: true }),
    /** Removes an address. */
    removeEmailAddress: (email: string) => change<'removeEmailAddress'>('DELETE', 'account/email', { email }),
    /** Returns the account's phone number. */
    getPhone: () => get<'getPhone'>('account/phone'),
    /** Changes the phone number. The change takes effect when `verifyPhone` confirms the code. */
    changePhone: (phone: string) => change<'changePhone'>('POST', 'account/phone', { phone }),
    /** Changes the password, or sets the first one. */
    changePassword: (body: Body<'changePassword'>) => change<'changePassword'>('POST', 'account/password/change', body),
    /** Lists the sessions of the user. */
    listSessions: () => get<'listSessions'>('auth/sessions'),
    /** Ends the sessions with these ids. Ending the current session is a logout. */
    async endSessions(sessions: number[]): Promise<Result<Data<'endSessions'> | undefined>> {
      const outcome = await change<'endSessions'>('DELETE', 'auth/sessions', { sessions });
      const isLogout = !outcome.ok && store.getSnapshot().status === 'anonymous';
      return isLogout ? { ok: true, data: undefined } : outcome;
    },

    // Second factors of the account.

    /** Lists the account's authenticators. */
    listAuthenticators: () => get<'listAuthenticators'>('account/authenticators'),
    /**
     * Returns the authenticator app, or the secret for a new one if there is none.
     *
     * @example
     * ```ts
     * const result = await accounts.getTotp();
     * if (result.ok && 'url' in result.data) drawQrCode(result.data.url);
     * ```
     */
    async getTotp(): Promise<Result<Totp>> {
      const outcome = await transport.exchange('GET', 'account/authenticators/totp');
      if (!outcome.ok) return outcome;
      const { response, answer } = outcome.data;
      const { secret, totp_url: url } = (answer?.meta ?? {}) as { secret?: string; totp_url?: string };
      if (response.ok) return { ok: true, data: { active: answer!.data as Data<'getTotp'> } };
      if (response.status === 404 && secret && url) return { ok: true, data: { secret, url } };
      return { ok: false, failure: failureOf(response, answer) };
    },
    /** Activates an authenticator app with its first code. */
    activateTotp: (code: string) => change<'activateTotp'>('POST', 'account/authenticators/totp', { code }),
    /** Removes the authenticator app. */
    deactivateTotp: () => change<'deactivateTotp'>('DELETE', 'account/authenticators/totp'),
    /** Returns the recovery codes. */
    getRecoveryCodes: () => get<'getRecoveryCodes'>('account/authenticators/recovery-codes'),
    /** Generates new recovery codes. The old ones no longer work. */
    makeRecoveryCodes: () => change<'makeRecoveryCodes'>('POST', 'account/authenticators/recovery-codes'),
    /** Renames a security key or passkey. */
    renameKey: (body: Body<'renameKey'>) => change<'renameKey'>('PUT', 'account/authenticators/webauthn', body),
    /** Removes security keys or passkeys. */
    removeKeys: (authenticators: number[]) =>
      change<'removeKeys'>('DELETE', 'account/authenticators/webauthn', { authenticators }),

    // Your own API.

    /** App client with the JWT strategy: returns an access token that is still valid for a while, or `undefined`. */
    getAccessToken: () => transport.accessToken(),
    /**
     * App client with the JWT strategy: like `fetch`, with the access token. Refreshes the token once after a 401.
     *
     * @example
     * ```ts
     * const response = await accounts.fetch('https://api.example.com/notes', { method: 'POST', body: 'A note' });
     * ```
     */
    fetch: (input: RequestInfo | URL, init?: RequestInit) => transport.fetch(input, init),
  };
}
