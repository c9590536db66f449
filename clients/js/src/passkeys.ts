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

/** Another ceremony took the place of this one. */
const STOPPED = { ok: false, failure: CANCELLED } as const;

/** What a new key is called, and what it can do. */
export interface KeyOptions {
  /** The name in the person's list of keys. The service makes one up if there is none. */
  name?: string;
  /** `true` for a passkey, which logs in by itself. `false` for a second factor. */
  passwordless?: boolean;
}

/** The ceremonies with passkeys and security keys (WebAuthn). The library for them is loaded at the first use. */
export function passkeys(transport: Transport) {
  /** The number of the latest ceremony. Earlier ones do not go on. */
  let latest = 0;
  let previous: Promise<unknown> = Promise.resolve();

  /** Fetches the options of a ceremony. The service remembers those of its last answer, so requests wait for each other. */
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
    /** Returns whether this browser has WebAuthn. */
    isSupported: (): boolean => typeof globalThis.PublicKeyCredential === 'function',

    /** Logs in with a passkey that the person chooses. */
    login: () => assert('auth/webauthn/login'),

    /**
     * Logs in with a passkey that the browser offers in a field with `autocomplete="username webauthn"`. Resolves when
     * the person has chosen one, or when another ceremony takes its place (`cancelled`).
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

    /** Ends an `autofill` that waits, for example because the page with the field goes away. */
    async stopAutofill(): Promise<void> {
      latest += 1;
      const { WebAuthnAbortService } = await import('@simplewebauthn/browser');
      WebAuthnAbortService.cancelCeremony();
    },

    /** Shows a security key or passkey as the second factor of a login. */
    authenticate: () => assert('auth/webauthn/authenticate'),

    /** Shows a security key or passkey to prove again who is logged in. */
    reauthenticate: () => assert('auth/webauthn/reauthenticate'),

    /** Makes the passkey of a signup that was begun with `signupByPasskey`. */
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

/** Runs a ceremony of the browser. What the person or the browser stops is a failure like any other. */
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
