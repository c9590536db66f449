// The example in JavaScript, as it is on the page, with replacements for a browser's functions. They add the host to each path.

import assert from 'node:assert/strict';

const { LATCHKEY_URL, EXPECTED } = process.env;
const log = console.log;
const send = globalThis.fetch;
const kept = new Map();

// Some versions of Node.js have their own `localStorage`.
Object.defineProperty(globalThis, 'localStorage', {
  value: {
    getItem: (name) => kept.get(name) ?? null,
    setItem: (name, value) => kept.set(name, value),
    removeItem: (name) => kept.delete(name),
  },
});
globalThis.fetch = (path, options) => send(LATCHKEY_URL + path, options);
const told = new Promise((resolve) => {
  console.log = (...words) => resolve({ words });
  globalThis.showMFAPrompt = (token) => resolve({ token });
});
setTimeout(() => assert.fail('the example told nothing'), 60_000).unref();

class AuthAPI {
  constructor(baseURL = '/auth') {
    this.baseURL = baseURL;
    this.token = localStorage.getItem('auth_token');
  }

  async login(email, password) {
    const response = await fetch(`${this.baseURL}/login/`, {
      method: 'POST',
      headers: {'Content-Type': 'application/json'},
      body: JSON.stringify({email, password})
    });
    const data = await response.json();
    if (data.access_token) {
      this.token = data.access_token;
      localStorage.setItem('auth_token', this.token);
    }
    return data;
  }

  async getUser() {
    const response = await fetch(`${this.baseURL}/user/`, {
      headers: {'Authorization': `Bearer ${this.token}`}
    });
    return response.json();
  }

  async logout() {
    await fetch(`${this.baseURL}/logout/`, {
      method: 'POST',
      headers: {'Authorization': `Bearer ${this.token}`}
    });
    this.token = null;
    localStorage.removeItem('auth_token');
  }
}

// Usage
const auth = new AuthAPI();

// Login
auth.login('user@example.com', 'password123')
  .then(data => {
    if (data.user) {
      console.log('Logged in:', data.user);
    } else if (data.flow === 'mfa_authenticate') {
      // Handle MFA flow
      showMFAPrompt(data.mfa_token);
    }
  });

// The result.
const { words, token } = await told;
console.log = log;
if (EXPECTED === 'mfa') {
  assert.equal(typeof token, 'string');
  assert.equal(auth.token, null);
} else {
  assert.equal(words[0], 'Logged in:');
  assert.equal(words[1].email, 'user@example.com');
  assert.equal(localStorage.getItem('auth_token'), auth.token);
  assert.deepEqual((await auth.getUser()).user, words[1]);
  // The next page can read the token.
  const headers = { Authorization: `Bearer ${new AuthAPI().token}` };
  const status = async () => (await fetch('/auth/user/', { headers })).status;
  assert.equal(await status(), 200);
  await auth.logout();
  assert.equal(auth.token, null);
  assert.equal(await status(), 401);
}
