import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, existsSync, statSync } from 'node:fs';
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** A running local service with its own table and outbox. */
export interface Service {
  url: string;
  /** Resolves to the text of the newest message to this address. */
  message(address: string): Promise<string>;
  stop(): void;
}

/** Settings, under the names that Django and Latchkey share. */
export type Settings = Record<string, unknown>;

/** The server that the tests run against: `latchkey`, or the real django-allauth. */
export const TARGET = process.env.LATCHKEY_TARGET === 'django' ? 'django' : 'latchkey';

const ROOT = resolve(import.meta.dirname, '../../../..');

/**
 * Starts the server with these settings. By default it is the binary `LATCHKEY_BIN`, or else the debug build. With
 * `LATCHKEY_TARGET=django` it is the project in `DJANGO_PROJECT`, run by the Python in `DJANGO_PYTHON`.
 */
export async function startService(settings: Settings = {}): Promise<Service> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-client-'));
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const child = (TARGET === 'django' ? startDjango : startLatchkey)(folder, port, settings);
  let log = '';
  child.stderr!.on('data', (chunk) => (log += chunk));
  await until(async () => {
    if (child.exitCode !== null) throw new Error(`the service stopped: ${log}`);
    return (await fetch(`${url}/_allauth/app/v1/config`).catch(() => undefined))?.ok;
  });
  const outbox = join(folder, 'outbox');
  const newest = (address: string) => {
    const names = existsSync(outbox) ? readdirSync(outbox) : [];
    const files = names.map((name) => join(outbox, name)).sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
    return files.map((file) => readFileSync(file, 'utf8')).find((text) => text.includes(address));
  };
  return {
    url,
    async message(address) {
      const text = await until(async () => newest(address));
      return decode(text!);
    },
    stop() {
      child.kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function startLatchkey(folder: string, port: number, settings: Settings): ChildProcess {
  const binary = process.env.LATCHKEY_BIN ?? join(ROOT, 'target/debug/latchkey');
  if (!existsSync(binary)) throw new Error(`${binary} does not exist. Build it with: cargo build`);
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  const given = Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, text(value)]));
  return spawn(binary, ['--listen', `127.0.0.1:${port}`, '--data', folder], {
    env: { PATH: process.env.PATH, PUBLIC_URL: `http://localhost:${port}`, ACCOUNT_RATE_LIMITS: '{}', ...given },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** Settings that Latchkey has by default, and Django does not. */
const BASE = {
  HEADLESS_ONLY: true,
  HEADLESS_CLIENTS: ['browser', 'app'],
  HEADLESS_FRONTEND_URLS: { account_confirm_email: 'https://app.example.com/verify/{key}' },
  ACCOUNT_LOGIN_METHODS: ['email'],
  ACCOUNT_SIGNUP_FIELDS: ['email*', 'password1*'],
  ACCOUNT_USER_MODEL_USERNAME_FIELD: null,
  ACCOUNT_EMAIL_VERIFICATION: 'mandatory',
  ACCOUNT_RATE_LIMITS: false,
  MFA_RATE_LIMITS: false,
  MFA_SUPPORTED_TYPES: ['totp', 'webauthn', 'recovery_codes'],
};

/** Generates a private key. Django has no default key to sign tokens with. */
const aPrivateKey = () =>
  generateKeyPairSync('rsa', { modulusLength: 2048, privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } }).privateKey;

function startDjango(folder: string, port: number, settings: Settings): ChildProcess {
  const project = process.env.DJANGO_PROJECT ?? join(ROOT, 'tests/conformance/headless/django_project');
  const python = process.env.DJANGO_PYTHON ?? 'python3';
  const outbox = join(folder, 'outbox');
  mkdirSync(outbox);
  const HEADLESS_JWT_PRIVATE_KEY = settings.HEADLESS_TOKEN_STRATEGY ? aPrivateKey() : undefined;
  const CONF_SETTINGS = JSON.stringify({ ...BASE, HEADLESS_JWT_PRIVATE_KEY, ...settings });
  const env = { PATH: process.env.PATH, CONF_DATA: folder, CONF_OUTBOX: outbox, CONF_SETTINGS };
  const serve = join(project, 'serve.py');
  const made = spawnSync(python, [serve, 'migrate'], { env, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`the project's tables could not be created: ${made.stderr}`);
  return spawn(python, [serve, 'serve', `127.0.0.1:${port}`], { env, stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Decodes the quoted-printable encoding of a mail. */
const decode = (text: string) =>
  text.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));

function freePort(): Promise<number> {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
}

/** Calls `ask` until it returns a value, for at most ten seconds. */
export async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 500; tries++) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error('nothing happened within ten seconds');
}

/** Returns a `fetch` that keeps cookies, as a browser does. `csrfToken` returns the CSRF cookie. */
export function browserFetch() {
  const cookies = new Map<string, string>();
  return {
    cookies,
    csrfToken: () => cookies.get('csrftoken'),
    async fetch(request: Request): Promise<Response> {
      const copy = new Request(request);
      copy.headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '));
      const response = await fetch(copy);
      for (const line of response.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!;
        if (/max-age=0/i.test(line) || value === '""' || value === '') cookies.delete(name!);
        else cookies.set(name!, value!);
      }
      return response;
    },
  };
}
