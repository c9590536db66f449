import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, memoryStorage, type Client } from '../src/index.js';
import { startService, type Service } from './support/service.js';

const PASSWORD = 'correct-Horse-42';
let service: Service;

beforeAll(async () => {
  service = await startService({
    HEADLESS_TOKEN_STRATEGY: 'allauth.headless.tokens.strategies.jwt.JWTTokenStrategy',
    HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN: 12,
    ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED: true,
  });
});
afterAll(() => service.stop());

/** Returns several clients with one storage, like the tabs of one browser, and the requests that they send. */
async function tabs(count: number) {
  const storage = memoryStorage();
  const sent: string[] = [];
  const send = (request: Request) => {
    sent.push(`${request.method} ${new URL(request.url).pathname}`);
    return fetch(request);
  };
  const all = Array.from({ length: count }, () => createClient({ baseUrl: service.url, client: 'app', storage, fetch: send }));
  const email = `tabs${Math.random().toString(36).slice(2)}@example.com`;
  await all[0]!.signup({ email, password: PASSWORD });
  const mail = await service.message(email);
  const verified = await all[0]!.verifyEmail(/^\s*([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})\s*$/m.exec(mail)![1]!);
  expect(verified).toMatchObject({ ok: true, data: { status: 'authenticated' } });
  sent.length = 0;
  return { all, sent, storage, key: `latchkey:${service.url}:app` };
}

const refreshes = (sent: string[]) => sent.filter((line) => line === 'POST /_allauth/app/v1/tokens/refresh').length;

/** Makes the stored access token expire soon. */
async function age(storage: ReturnType<typeof memoryStorage>, key: string) {
  const tokens = JSON.parse((await storage.getItem(key))!) as { expires: number };
  await storage.setItem(key, JSON.stringify({ ...tokens, expires: Date.now() }));
}

describe('the JWT strategy', () => {
  it('keeps access and refresh token, and uses the access token for the API', async () => {
    const { all, storage, key } = await tabs(1);
    const tokens = JSON.parse((await storage.getItem(key))!) as Record<string, unknown>;
    expect(tokens).toMatchObject({ access: expect.any(String), refresh: expect.any(String), expires: expect.any(Number) });
    expect(await all[0]!.reload()).toMatchObject({ status: 'authenticated' });
    expect(await all[0]!.getAccessToken()).toBe(tokens.access);
  });

  it('refreshes once before expiry, for any number of tabs', async () => {
    const { all, sent, storage, key } = await tabs(3);
    await age(storage, key);
    const tokens = await Promise.all(all.flatMap((client) => [client.getAccessToken(), client.getAccessToken()]));
    expect(new Set(tokens).size).toBe(1);
    expect(refreshes(sent)).toBe(1);
  });

  it('refreshes once after a 401 of your own API, and sends the request again with its body', async () => {
    const { all, sent } = await tabs(3);
    const refused = new Set<string>();
    const stale = (await all[0]!.getAccessToken())!;
    const bodies: string[] = [];
    const api = (client: Client) =>
      client.fetch('https://api.example.com/notes', { method: 'POST', body: 'a note' });
    const original = globalThis.fetch;
    globalThis.fetch = async (input, init) => {
      const request = new Request(input, init);
      if (!request.url.startsWith('https://api.example.com/')) return original(request);
      const token = request.headers.get('authorization')!.slice('Bearer '.length);
      bodies.push(await request.text());
      if (token !== stale) return new Response('done');
      refused.add(token);
      return new Response('expired', { status: 401 });
    };
    try {
      const answers = await Promise.all(all.map(api));
      expect(await Promise.all(answers.map((answer) => answer.text()))).toEqual(['done', 'done', 'done']);
      expect(new Set(bodies)).toEqual(new Set(['a note']));
      expect(refreshes(sent)).toBe(1);
    } finally {
      globalThis.fetch = original;
    }
  });

  it('keeps all tabs logged in through an hour of refreshes in three tabs', async () => {
    const { all, sent, storage, key } = await tabs(3);
    for (let round = 1; round <= 20; round++) {
      await age(storage, key);
      const states = await Promise.all(all.map((client) => client.reload()));
      expect(states.map((state) => state.status)).toEqual(['authenticated', 'authenticated', 'authenticated']);
      expect(refreshes(sent)).toBe(round);
    }
  });

  it('stays logged in if only the refresh gets no answer', async () => {
    const { all, storage, key } = await tabs(1);
    const client = all[0]!;
    await client.reload();
    const tokens = JSON.parse((await storage.getItem(key))!) as Record<string, unknown>;
    await storage.setItem(key, JSON.stringify({ ...tokens, session: undefined, access: 'a.b.c' }));
    const original = globalThis.fetch;
    for (const answer of [() => Promise.reject(new TypeError('offline')), async () => new Response('', { status: 503 })]) {
      globalThis.fetch = (input, init) =>
        new Request(input, init).url.endsWith('/tokens/refresh') ? answer() : original(input, init);
      expect(await client.listSessions()).toMatchObject({ ok: false });
      expect(await client.reload()).toMatchObject({ status: 'authenticated' });
    }
    globalThis.fetch = original;
    expect(await client.listSessions()).toMatchObject({ ok: true });
  });

  it('forgets tokens that the service refuses, and keeps them while it cannot be reached', async () => {
    const { all, storage, key } = await tabs(1);
    const kept = (await storage.getItem(key))!;
    await age(storage, key);
    const original = globalThis.fetch;
    globalThis.fetch = () => Promise.reject(new TypeError('offline'));
    expect(await all[0]!.reload()).toMatchObject({ status: 'authenticated' });
    globalThis.fetch = original;
    expect(JSON.parse((await storage.getItem(key))!)).toMatchObject({ refresh: (JSON.parse(kept) as { refresh: string }).refresh });
    await storage.setItem(key, JSON.stringify({ access: 'a.b.c', refresh: 'forged', expires: Date.now() }));
    expect(await all[0]!.getAccessToken()).toBeUndefined();
    expect(all[0]!.getSnapshot().status).toBe('anonymous');
    expect(await storage.getItem(key)).toBeNull();
  });
});
