// A frontend on another host than the API. It uses fetch and WebAuthn, and no library.

// `?api=` is the URL of the API, `?client=app` uses a token instead of cookies, `?offer` offers passkeys in the form's field.
const wants = new URLSearchParams(location.search);
const client = wants.get('client') ?? 'browser';
const API = `${wants.get('api') ?? 'https://auth.example.com'}/_allauth/${client}/v1`;
const KEYS = '/account/authenticators/webauthn';
const form = document.forms[0];
const status = document.getElementById('status');
let token;

/** Thrown for an answer that ends an action early. */
class Refused extends Error {
  constructor(reply) {
    super();
    this.reply = reply;
  }
}

async function call(method, path, body) {
  const headers = body ? { 'Content-Type': 'application/json' } : {};
  const csrf = document.cookie.match(/(?:^|; )csrftoken=([^;]*)/)?.[1];
  if (client === 'browser' && csrf) headers['X-CSRFToken'] = csrf;
  if (client === 'app' && token) headers['X-Session-Token'] = token;
  const credentials = client === 'browser' ? 'include' : 'omit';
  const reply = await fetch(API + path, { method, credentials, headers, body: body && JSON.stringify(body) });
  const json = await reply.json();
  token = json.meta?.session_token ?? token;
  return json;
}

/** Begins a ceremony. Throws `Refused` if the API asks for something else first, such as reauthentication. */
async function begin(path) {
  const reply = await call('GET', path);
  if (reply.status !== 200) throw new Refused(reply);
  return reply.data;
}

async function create(path) {
  const data = await begin(path);
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(data.creation_options.publicKey);
  return (await navigator.credentials.create({ publicKey })).toJSON();
}

async function get(path, more) {
  const data = await begin(path);
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(data.request_options.publicKey);
  return (await navigator.credentials.get({ publicKey, ...more })).toJSON();
}

const actions = {
  signup: () => call('POST', '/auth/signup', { email: form.email.value, password: form.password.value }),
  login: () => call('POST', '/auth/login', { email: form.email.value, password: form.password.value }),
  verify: () => call('POST', '/auth/email/verify', { key: form.code.value }),
  reauthenticate: () => call('POST', '/auth/reauthenticate', { password: form.password.value }),
  async addPasskey() {
    return call('POST', KEYS, { name: 'This device', credential: await create(`${KEYS}?passwordless`), passwordless: true });
  },
  async addKey() {
    return call('POST', KEYS, { name: 'On my key ring', credential: await create(KEYS) });
  },
  async useKey() {
    return call('POST', '/auth/webauthn/authenticate', { credential: await get('/auth/webauthn/authenticate') });
  },
  async passkeyLogin() {
    return call('POST', '/auth/webauthn/login', { credential: await get('/auth/webauthn/login') });
  },
  passkeySignup: () => call('POST', '/auth/webauthn/signup', { email: form.email.value }),
  async createPasskey() {
    return call('PUT', '/auth/webauthn/signup', { name: 'This device', credential: await create('/auth/webauthn/signup') });
  },
  async logout() {
    const reply = await call('DELETE', '/auth/session');
    token = undefined;
    return reply;
  },
};

/** Logs in with a passkey that the browser offers in the field for the address (conditional mediation). */
async function offerPasskeys() {
  const credential = await get('/auth/webauthn/login', { mediation: 'conditional' });
  return call('POST', '/auth/webauthn/login', { credential });
}

async function show(action) {
  status.textContent = '…';
  try {
    const { status: code, data, errors } = await action().catch((error) => {
      if (error instanceof Refused) return error.reply;
      throw error;
    });
    const pending = data?.flows?.find((flow) => flow.is_pending)?.id;
    const step = pending ?? (data?.user && code === 401 ? 'reauthenticate' : undefined);
    const said = errors?.map((error) => error.code).join(' ') ?? step ?? data?.user?.email ?? data?.type ?? 'anonymous';
    status.textContent = `${code} ${said}`;
  } catch (error) {
    status.textContent = `${error.name}: ${error.message}`;
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  show(actions[event.submitter.name]);
});
await show(() => call('GET', '/auth/session'));
if (wants.has('offer')) show(offerPasskeys);
