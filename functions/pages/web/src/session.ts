// The client, where the person stands, and what the service is set up to do.

import { createClient, type AuthState, type Configuration, type Failure, type Result, type User } from 'latchkey';
import { useEffect, useState } from 'preact/hooks';
import { boot } from './boot';
import { confirmIdentity } from './reauthentication';

const CSRF_HEADER = 'X-CSRFToken';

/** The answer to the first request for the session, if the document has it. */
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

/** Returns where the person stands, and renders again when that changes. */
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
 * Sends a request, once the session is known. If the service wants the person to prove first who they are, asks them,
 * and sends it again.
 */
export async function call<T>(send: () => Promise<Result<T>>): Promise<Result<T>> {
  const unavailable = await findOutage();
  if (unavailable) return { ok: false, failure: unavailable };
  const result = await send();
  if (result.ok || result.failure.reason !== 'reauthentication_required') return result;
  return (await confirmIdentity()) ? send() : result;
}

/** The first answer brings the CSRF cookie, so nothing is sent before it. */
async function findOutage(): Promise<Failure | undefined> {
  const state = await client.load();
  return state.status === 'unavailable' ? state.failure : undefined;
}

let configuration: Configuration | undefined = boot.configuration;

/** Fetches what the service is set up to do, unless the document has it. */
export async function loadConfiguration(): Promise<Failure | undefined> {
  if (configuration) return undefined;
  const result = await client.getConfiguration();
  if (result.ok) configuration = result.data;
  return result.ok ? undefined : result.failure;
}

/** Returns what the service is set up to do. No page is shown before that is known. */
export function getConfiguration(): Configuration {
  if (!configuration) throw new Error('the configuration is not loaded');
  return configuration;
}

/** Returns whether people can have this kind of second factor. */
export const supports = (type: 'recovery_codes' | 'totp' | 'webauthn'): boolean =>
  getConfiguration().mfa?.supported_types.includes(type) ?? false;

/** Returns the user, if somebody is logged in. */
export const userOf = (state: AuthState): User | undefined => ('user' in state ? state.user : undefined);
