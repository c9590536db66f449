// The client, the state of the session, and the configuration of the service.

import { createClient, type AuthState, type Configuration, type Failure, type Result, type User } from 'latchkey';
import { useEffect, useState } from 'preact/hooks';
import { boot } from './boot';
import { confirmIdentity } from './reauthentication';

const CSRF_HEADER = 'X-CSRFToken';

/** The response to the first request for the session, if the document contains it. */
let known = boot.session;

async function send(request: Request): Promise<Response> {
  if (known && request.method === 'GET' && request.url.endsWith('/auth/session')) {
    const { status } = known;
    const body = JSON.stringify(known);
    known = undefined;
    return new Response(body, { status, headers: { 'Content-Type': 'application/json' } });
  }
  const token = request.headers.get(CSRF_HEADER);
  if (token) request.headers.set(boot.csrfHeaderName, token);
  return fetch(request);
}

export const client = createClient({
  baseUrl: boot.publicUrl,
  client: 'browser',
  csrfCookieName: boot.csrfCookieName,
  fetch: send,
});

/** Returns the state of the session, and renders again when it changes. */
export function useSession(): AuthState {
  const [state, setState] = useState(client.getSnapshot);
  useEffect(() => {
    const update = () => setState(client.getSnapshot());
    update();
    return client.subscribe(update);
  }, []);
  return state;
}

/**
 * Sends a request when the session is known. If the service requires reauthentication, asks the user for it, and sends
 * the request again.
 */
export async function call<T>(send: () => Promise<Result<T>>): Promise<Result<T>> {
  const unavailable = await findOutage();
  if (unavailable) return { ok: false, failure: unavailable };
  const result = await send();
  if (result.ok || result.failure.reason !== 'reauthentication_required') return result;
  return (await confirmIdentity()) ? send() : result;
}

/** Waits for the first response, because it sets the CSRF cookie. Returns the failure if the service is unavailable. */
async function findOutage(): Promise<Failure | undefined> {
  const state = await client.load();
  return state.status === 'unavailable' ? state.failure : undefined;
}

let configuration: Configuration | undefined = boot.configuration;

/** Fetches the configuration of the service, unless the document contains it. */
export async function loadConfiguration(): Promise<Failure | undefined> {
  if (configuration) return undefined;
  const result = await client.getConfiguration();
  if (result.ok) configuration = result.data;
  return result.ok ? undefined : result.failure;
}

/** Returns the configuration of the service. Pages are shown only after it is loaded. */
export function getConfiguration(): Configuration {
  if (!configuration) throw new Error('the configuration is not loaded');
  return configuration;
}

/** Returns whether the service supports this kind of second factor. */
export const supports = (type: 'recovery_codes' | 'totp' | 'webauthn'): boolean =>
  getConfiguration().mfa?.supported_types.includes(type) ?? false;

/** Returns the user who is logged in. */
export const userOf = (state: AuthState): User | undefined => ('user' in state ? state.user : undefined);
