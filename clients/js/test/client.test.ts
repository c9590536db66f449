import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, memoryStorage, type AuthState, type Client, type Result, type TokenStorage } from '../src/index.js';
import { browserFetch, startService, type Service } from './support/service.js';
import { totp } from './totp.js';

const PASSWORD = 'correct-Horse-42';
let service: Service;

beforeAll(async () => {
  service = await startService({ MFA_TOTP_TOLERANCE: 1, ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED: true, ACCOUNT_LOGIN_BY_CODE_ENABLED: true });
});
afterAll(() => service.stop());

let count = 0;
const anAddress = () => `ada${++count}@example.com`;

function clientOf(kind: 'browser' | 'app'): Client {
  if (kind === 'app') return createClient({ baseUrl: service.url, client: 'app' });
  const { fetch, csrfToken } = browserFetch();
  return createClient({ baseUrl: service.url, client: 'browser', fetch, csrfToken });
}

function data<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`failed: ${JSON.stringify(result.failure)}`);
  return result.data;
}

async function codeTo(address: string): Promise<string> {
  return /^\s*([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\s*$/m.exec(await service.message(address))![1]!;
}

async function signedUp(kind: 'browser' | 'app'): Promise<{ client: Client; email: string }> {
  const [client, email] = [clientOf(kind), anAddress()];
  await client.load();
  data(await client.signup({ email, password: PASSWORD }));
  data(await client.verifyEmail(await codeTo(email)));
  return { client, email };
}

describe.each(['browser', 'app'] as const)('the %s client', (kind) => {
  it('is anonymous at first, with the flows that are open', async () => {
    const client = clientOf(kind);
    expect(client.getSnapshot()).toEqual({ status: 'loading' });
    const state = await client.load();
    expect(state.status).toBe('anonymous');
    expect(state).toHaveProperty('flows', expect.arrayContaining([{ id: 'login' }, { id: 'signup' }]));
  });

  it('needs no `load` before its first call', async () => {
    const client = clientOf(kind);
    const refused = await client.login({ email: anAddress(), password: PASSWORD });
    expect(!refused.ok && refused.failure).toMatchObject({ reason: 'invalid', errors: [{ code: 'email_password_mismatch' }] });
    expect(client.getSnapshot().status).toBe(kind === 'browser' ? 'anonymous' : 'loading');
  });

  it('signs up, verifies the address by its code, and is logged in', async () => {
    const [client, email] = [clientOf(kind), anAddress()];
    const states: AuthState['status'][] = [];
    client.subscribe(() => states.push(client.getSnapshot().status));
    await client.load();
    const begun = data(await client.signup({ email, password: PASSWORD }));
    expect(begun).toMatchObject({ status: 'pending', flow: { id: 'verify_email' } });
    const done = data(await client.verifyEmail(await codeTo(email)));
    expect(done).toMatchObject({ status: 'authenticated', user: { email } });
    expect(states).toEqual(['anonymous', 'pending', 'authenticated']);
  });

  it('reports the problems of each field', async () => {
    const client = clientOf(kind);
    await client.load();
    const refused = await client.signup({ email: 'not an address', password: 'short' });
    expect(refused.ok).toBe(false);
    expect(!refused.ok && refused.failure).toMatchObject({ reason: 'invalid', status: 400 });
    const errors = refused.ok ? [] : refused.failure.errors;
    expect(errors.map(({ param, code }) => [param, code])).toContainEqual(['email', 'invalid']);
  });

  it('logs out, and in again, by password and by code', async () => {
    const { client, email } = await signedUp(kind);
    expect(data(await client.logout())).toMatchObject({ status: 'anonymous' });
    expect(data(await client.login({ email, password: PASSWORD }))).toMatchObject({ status: 'authenticated' });
    data(await client.logout());
    expect(data(await client.requestLoginCode({ email }))).toMatchObject({ flow: { id: 'login_by_code' } });
    expect(data(await client.confirmLoginCode(await codeTo(email)))).toMatchObject({ status: 'authenticated' });
  });

  it('asks for reauthentication before an authenticator app is set up, and then for its code at login', async () => {
    const { client, email } = await signedUp(kind);
    data(await client.logout());
    data(await client.login({ email, password: PASSWORD }));
    const totpState = data(await client.getTotp());
    if (!('secret' in totpState)) throw new Error('there is an app already');
    const code = totp(totpState.secret, Date.now() - 30_000);
    expect(await client.activateTotp(code)).toMatchObject({ ok: false, failure: { reason: 'reauthentication_required' } });
    expect(client.getSnapshot()).toMatchObject({ status: 'reauthentication', user: { email }, flows: [{ id: 'reauthenticate' }] });
    client.cancelReauthentication();
    expect(client.getSnapshot()).toMatchObject({ status: 'authenticated' });
    expect(data(await client.reauthenticate(PASSWORD))).toMatchObject({ status: 'authenticated' });
    data(await client.activateTotp(code));
    data(await client.logout());
    const waiting = data(await client.login({ email, password: PASSWORD }));
    expect(waiting).toMatchObject({ status: 'pending', flow: { id: 'mfa_authenticate', types: expect.arrayContaining(['totp']) } });
    expect(data(await client.authenticate(totp(totpState.secret, Date.now())))).toMatchObject({ status: 'authenticated' });
    const listed = data(await client.listAuthenticators());
    expect(listed.map((it) => it.type).sort()).toEqual(['recovery_codes', 'totp']);
  });

  it('lists addresses and sessions, and a change shows', async () => {
    const { client, email } = await signedUp(kind);
    const second = anAddress();
    data(await client.logout());
    data(await client.login({ email, password: PASSWORD }));
    data(await client.addEmailAddress(second));
    data(await client.verifyEmail(await codeTo(second)));
    const addresses = data(await client.listEmailAddresses());
    expect(addresses).toContainEqual({ email: second, verified: true, primary: false });
    const sessions = data(await client.listSessions());
    expect(sessions.filter((session) => session.is_current)).toHaveLength(1);
    data(await client.endSessions(sessions.filter((session) => session.is_current).map((session) => session.id)));
    expect(client.getSnapshot().status).toBe('anonymous');
  });

  it('is unavailable, not logged out, while the service cannot be reached', async () => {
    const client = createClient({ baseUrl: 'http://127.0.0.1:9', client: kind, csrfToken: () => undefined });
    expect(await client.load()).toMatchObject({ status: 'unavailable', failure: { reason: 'offline' } });
    const refused = await client.login({ email: 'a@example.com', password: PASSWORD });
    expect(refused).toMatchObject({ ok: false, failure: { reason: 'offline', status: 0 } });
  });
});

/** A storage with asynchronous functions, like that of React Native. */
function asynchronousStorage(): TokenStorage {
  const { getItem, setItem, removeItem } = memoryStorage();
  return {
    getItem: async (key) => getItem(key),
    setItem: async (key, value) => setItem(key, value),
    removeItem: async (key) => removeItem(key),
  };
}

describe('an app with a persistent storage', () => {
  it('does not forget the tokens of a login that happens while an older session ends', async () => {
    const [storage, other] = [asynchronousStorage(), memoryStorage()];
    const key = `latchkey:${service.url}:app`;
    const stale = JSON.stringify({ session: 'ended' });
    const fresh = JSON.stringify({ session: 'of another tab' });
    await storage.setItem(key, stale);
    const slow = createClient({
      baseUrl: service.url,
      client: 'app',
      storage,
      fetch: async (request) => {
        const answer = await fetch(request);
        await storage.setItem(key, fresh);
        return answer;
      },
    });
    expect(await slow.load()).toMatchObject({ status: 'anonymous' });
    expect(await storage.getItem(key)).toBe(fresh);
    await other.setItem(key, stale);
    await createClient({ baseUrl: service.url, client: 'app', storage: other }).load();
    expect(await other.getItem(key)).toBeNull();
  });

  it('is still logged in after a restart, and forgets the token of an ended session', async () => {
    const storage = asynchronousStorage();
    const first = createClient({ baseUrl: service.url, client: 'app', storage });
    const email = anAddress();
    data(await first.signup({ email, password: PASSWORD }));
    data(await first.verifyEmail(await codeTo(email)));
    const second = createClient({ baseUrl: service.url, client: 'app', storage });
    expect(await second.load()).toMatchObject({ status: 'authenticated', user: { email } });
    data(await first.logout());
    expect(await second.reload()).toMatchObject({ status: 'anonymous' });
    expect(await storage.getItem(`latchkey:${service.url}:app`)).toBeNull();
  });
});
