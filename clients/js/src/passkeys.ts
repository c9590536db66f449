import type {
  AuthenticationResponseJSON,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/browser';
import { CANCELLED } from './failure.js';
import type { Transport } from './transport.js';
import type { AuthState, Data, Failure, Result } from './types.js';

type Created = { creation_options: { publicKey: PublicKeyCredentialCreationOptionsJSON } };
type Requested = { request_options: { publicKey: PublicKeyCredentialRequestOptionsJSON } };

/** The result of a ceremony that another ceremony replaced. */
const STOPPED = { ok: false, failure: CANCELLED } as const;

/** The options of a new key. */
export interface KeyOptions {
  /** The name in the user's list of keys. If absent, the service generates one. */
  name?: string;
  /** `true` for a passkey, which replaces the password at login. `false` for a second factor. */
  passwordless?: boolean;
}

/** The ceremonies with passkeys and security keys (WebAuthn). Their library is loaded at the first use. */
export function passkeys(transport: Transport) {
  /** The number of the latest ceremony. Earlier ones stop. */
  let latest = 0;
  let previous: Promise<unknown> = Promise.resolve();

  /**
   * Fetches the options of a ceremony. The service accepts only the latest options, so requests wait for each other.
   */
  function begin<T>(number: number, path: string, query?: Record<string, unknown>): Promise<Result<T>> {
    const isLatest = () => number === latest;
    const begun = previous.then(async (): Promise<Result<T>> => {
      const result: Result<T> = isLatest() ? await transport.request<T>('GET', path, undefined, query) : STOPPED;
      return isLatest() ? result : STOPPED;
    });
    previous = begun;
    return begun;
  }

  async function assert(path: string, useBrowserAutofill = false, number = ++latest): Promise<Result<AuthState>> {
    const begun = await begin<Requested>(number, path);
    if (!begun.ok) return begun;
    const { startAuthentication } = await import('@simplewebauthn/browser');
    if (number !== latest) return STOPPED;
    const optionsJSON = begun.data.request_options.publicKey;
    const shown = await ceremony(() => startAuthentication({ optionsJSON, useBrowserAutofill }));
    return shown.ok ? transport.step('POST', path, { credential: shown.data }) : shown;
  }

  async function create(begun: Result<Created>): Promise<Result<RegistrationResponseJSON>> {
    if (!begun.ok) return begun;
    const { startRegistration } = await import('@simplewebauthn/browser');
    const optionsJSON = begun.data.creation_options.publicKey;
    return ceremony(() => startRegistration({ optionsJSON }));
  }

  return {
    /** Returns whether this browser supports WebAuthn. */
    isSupported: (): boolean => typeof globalThis.PublicKeyCredential === 'function',

    /** Logs in with a passkey that the user chooses. */
    login: () => assert('auth/webauthn/login'),

    /**
     * Logs in with a passkey that the browser offers in a field with `autocomplete="username webauthn"`. Resolves when
     * the user has chosen one, or when another ceremony replaces this one (`cancelled`).
     *
     * @example
     * ```ts
     * const result = await accounts.passkeys.autofill();
     * if (result.ok) location.assign('/home');
     * ```
     */
    async autofill(): Promise<Result<AuthState>> {
      const number = ++latest;
      const { browserSupportsWebAuthnAutofill } = await import('@simplewebauthn/browser');
      const isThere = await browserSupportsWebAuthnAutofill();
      return isThere ? assert('auth/webauthn/login', true, number) : STOPPED;
    },

    /** Stops a waiting `autofill`, for example when the page with the field closes. */
    async stopAutofill(): Promise<void> {
      latest += 1;
      const { WebAuthnAbortService } = await import('@simplewebauthn/browser');
      WebAuthnAbortService.cancelCeremony();
    },

    /** Completes the second factor of a login with a security key or passkey. */
    authenticate: () => assert('auth/webauthn/authenticate'),

    /** Reauthenticates the user with a security key or passkey. */
    reauthenticate: () => assert('auth/webauthn/reauthenticate'),

    /** Creates the passkey of a signup that `signupByPasskey` began. */
    async finishSignup({ name }: Pick<KeyOptions, 'name'> = {}): Promise<Result<AuthState>> {
      const made = await create(await begin<Created>(++latest, 'auth/webauthn/signup'));
      return made.ok ? transport.step('PUT', 'auth/webauthn/signup', { name, credential: made.data }) : made;
    },

    /** Adds a security key or passkey to the account. */
    async add({ name, passwordless }: KeyOptions = {}): Promise<Result<Data<'addKey'>>> {
      const path = 'account/authenticators/webauthn';
      const made = await create(await begin<Created>(++latest, path, passwordless ? { passwordless: true } : undefined));
      if (!made.ok) return made;
      return transport.request('POST', path, { name, passwordless, credential: made.data });
    },
  };
}

/** Runs a ceremony of the browser. A ceremony that the user or the browser cancels resolves to a failure. */
async function ceremony<T extends AuthenticationResponseJSON | RegistrationResponseJSON>(
  run: () => Promise<T>,
): Promise<Result<T>> {
  try {
    return { ok: true, data: await run() };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const isKnown = (error as { code?: string }).code === 'ERROR_AUTHENTICATOR_PREVIOUSLY_REGISTERED';
    const failure: Failure = isKnown
      ? { reason: 'conflict', status: 0, errors: [{ code: 'already_registered', message }] }
      : CANCELLED;
    return { ok: false, failure };
  }
}
