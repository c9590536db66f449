// Passkeys as in docs/passkeys.md: related origins, frames of other sites, and passkeys that the browser offers in a form.

import assert from 'node:assert/strict';
import { ADA, confirmAndPress, open, signUpByPassword, use } from '../support/app.mjs';
import { addAuthenticator } from '../support/chromium.mjs';
import { settingsOf } from '../support/docs.mjs';
import { walk } from '../support/walk.mjs';

const settings = settingsOf('passkeys.md', 'Settings');
const api = 'auth.example.com';

const offered = { settings, hosts: { 'app.example.com': 'app' }, api };
walk('a browser offers the passkey in the field for the address', offered, async ({ service, page }) => {
  await addAuthenticator(page);
  const app = await open(page, 'https://app.example.com/');
  await signUpByPassword(service, app);
  await confirmAndPress(app, 'Add a passkey', '200 webauthn');
  await app.press('Log out', '401 anonymous');
  await (await open(page, 'https://app.example.com/?offer')).becomes(`200 ${ADA}`);
});

const origins = ['https://app.example.com', 'https://shop.example.net'];
const related = {
  settings: { ...settings, CORS_ALLOWED_ORIGINS: origins, MFA_WEBAUTHN_ORIGINS: origins },
  hosts: { 'shop.example.net': 'app' },
  // The domain itself must also serve `/.well-known/webauthn`.
  api: [api, 'example.com'],
};
walk('a page on another domain uses passkeys as a related origin', related, async ({ service, page }) => {
  const authenticator = await addAuthenticator(page);
  const app = await open(page, 'https://shop.example.net/?client=app');
  await signUpByPassword(service, app);
  await confirmAndPress(app, 'Add a passkey', '200 webauthn');
  assert.equal((await authenticator.credentials())[0].rpId, 'example.com');
  await app.press('Log out', '401 anonymous');
  await app.press('Log in with a passkey', `200 ${ADA}`);
});

const SHOP = 'https://shop.example.net';
const FRAME = '<iframe src="https://app.example.com/" allow="publickey-credentials-get; publickey-credentials-create">';
const shop = (_, outgoing) => outgoing.writeHead(200, { 'Content-Type': 'text/html' }).end(`<!doctype html>${FRAME}</iframe>`);
const framed = {
  ...settings,
  LATCHKEY_COOKIE_PARTITIONED: true,
  SESSION_COOKIE_SAMESITE: 'None',
  CSRF_COOKIE_SAMESITE: 'None',
};
const hosts = { 'app.example.com': 'app', 'shop.example.net': shop };

/** Opens the shop, and returns the frontend in its frame. */
async function openFrame(page) {
  await page.goto(SHOP);
  const frame = page.frames()[1];
  await frame.waitForURL('https://app.example.com/');
  return use(frame);
}

const named = { settings: { ...framed, LATCHKEY_WEBAUTHN_TOP_ORIGINS: [SHOP] }, hosts, api };
walk('a frame in an allowed site uses passkeys', named, async ({ service, page }) => {
  await addAuthenticator(page);
  const app = await openFrame(page);
  await signUpByPassword(service, app);
  await confirmAndPress(app, 'Add a passkey', '200 webauthn');
  await app.press('Log out', '401 anonymous');
  await app.press('Log in with a passkey', `200 ${ADA}`);
});

walk('a frame in another site is refused', { settings: framed, hosts, api }, async ({ service, page }) => {
  await addAuthenticator(page);
  const app = await openFrame(page);
  await signUpByPassword(service, app);
  await confirmAndPress(app, 'Add a passkey', '400 incorrect_code');
});
