// An OpenID provider on the loopback interface. Its page asks for consent.

import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';

const CLIENT = 'walks';
const SECRET = 'not-a-secret';
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const base64url = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

export class OpenIdProvider {
  #codes = new Map();
  #tokens = new Map();

  /** Starts a provider on which this person is logged in. */
  static async start(person) {
    const it = new OpenIdProvider();
    it.person = person;
    it.server = http.createServer((request, response) => void it.#answer(request, response));
    it.server.listen(0, '127.0.0.1');
    await once(it.server, 'listening');
    it.url = `http://127.0.0.1:${it.server.address().port}`;
    return it;
  }

  /** The value of `SOCIALACCOUNT_PROVIDERS`. */
  get settings() {
    const app = { provider_id: 'example', name: 'Example', client_id: CLIENT, secret: SECRET };
    return { openid_connect: { APPS: [{ ...app, settings: { server_url: this.url } }] } };
  }

  async #answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, this.url);
    const json = (status, value) =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
    switch (`${request.method} ${pathname}`) {
      case 'GET /.well-known/openid-configuration':
        return json(200, this.#discovery());
      case 'GET /keys':
        return json(200, { keys: [{ ...publicKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: '1' }] });
      case 'GET /authorize':
        response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' });
        return response.end(`<!doctype html><title>Example</title><h1>Example</h1>
          <form method="post" action="/authorize?${searchParams}"><button>Continue as ${this.person.email}</button></form>`);
      case 'POST /authorize':
        return response.writeHead(302, { Location: this.#agree(searchParams) }).end();
      case 'POST /token':
        return json(...this.#exchange(new URLSearchParams(Buffer.concat(await request.toArray()).toString()), request));
      case 'GET /userinfo': {
        const person = this.#tokens.get(request.headers.authorization?.replace('Bearer ', ''));
        return person ? json(200, person) : json(401, { error: 'invalid_token' });
      }
      default:
        return json(404, {});
    }
  }

  #discovery() {
    return {
      issuer: this.url,
      authorization_endpoint: `${this.url}/authorize`,
      token_endpoint: `${this.url}/token`,
      userinfo_endpoint: `${this.url}/userinfo`,
      jwks_uri: `${this.url}/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
      code_challenge_methods_supported: ['S256'],
      scopes_supported: ['openid', 'profile', 'email'],
    };
  }

  /** Returns the URL that the browser is redirected to after the person has agreed. */
  #agree(asked) {
    const code = randomUUID();
    this.#codes.set(code, { person: this.person, asked });
    const back = new URL(asked.get('redirect_uri'));
    back.search = new URLSearchParams({ code, state: asked.get('state') });
    return back.href;
  }

  /** Returns tokens for a code that was issued here, is unused, and comes from the client that asked for it. */
  #exchange(form, request) {
    const basic = Buffer.from(request.headers.authorization?.replace('Basic ', '') ?? '', 'base64').toString();
    const isClient = basic === `${CLIENT}:${SECRET}` || form.get('client_secret') === SECRET;
    const { person, asked } = this.#codes.get(form.get('code')) ?? {};
    this.#codes.delete(form.get('code'));
    const challenge = createHash('sha256').update(form.get('code_verifier') ?? '').digest('base64url');
    const isProven = asked && (!asked.get('code_challenge') || asked.get('code_challenge') === challenge);
    if (!isClient || !isProven || asked.get('redirect_uri') !== form.get('redirect_uri')) {
      return [400, { error: 'invalid_grant' }];
    }
    const token = randomUUID();
    this.#tokens.set(token, person);
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: this.url, aud: CLIENT, iat: now, exp: now + 600, nonce: asked.get('nonce') ?? undefined, ...person };
    const signed = `${base64url({ alg: 'RS256', kid: '1' })}.${base64url(claims)}`;
    const idToken = `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
    return [200, { access_token: token, token_type: 'Bearer', expires_in: 600, id_token: idToken }];
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}
