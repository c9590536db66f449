// Passkeys with the settings of docs/passkeys.md: a page on app.example.com, and the API on auth.example.com.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADA, confirmAndPress, logIn, open, readCode, signUpByPassword } from '../support/app.mjs';
import { addAuthenticator } from '../support/chromium.mjs';
import { settingsOf } from '../support/docs.mjs';
import { Service } from '../support/service.mjs';
import { walk } from '../support/walk.mjs';

const settings = settingsOf('passkeys.md', 'Settings');
const PAGE = 'https://app.example.com/';
const site = { settings, hosts: { 'app.example.com': 'app' }, api: 'auth.example.com' };

walk('a passkey is added to an account and logs in without a password', site, async ({ service, page }) => {
  const authenticator = await addAuthenticator(page);
  const app = await open(page, PAGE);
  await app.becomes('401 anonymous');
  await signUpByPassword(service, app);
  await confirmAndPress(app, 'Add a passkey', '200 webauthn');
  const [made, ...others] = await authenticator.credentials();
  assert.equal(made.rpId, 'example.com');
  assert.ok(made.isResidentCredential && others.length === 0);
  const subjects = (await service.mails(ADA)).map((mail) => mail.subject);
  assert.ok(subjects.includes('A security key was added'), `the owner gets a mail: ${subjects}`);
  await app.press('Log out', '401 anonymous');
  await app.press('Log in with a passkey', `200 ${ADA}`);
  await (await open(page, PAGE)).becomes(`200 ${ADA}`);
});

walk('signing up with a passkey and without a password', site, async ({ service, page }) => {
  await addAuthenticator(page);
  const app = await open(page, PAGE);
  await app.fill('Email', ADA);
  await app.press('Sign up with a passkey', '401 verify_email');
  await app.fill('Code', await readCode(service));
  await app.press('Verify the address', '401 mfa_signup_webauthn');
  await app.press('Create the passkey', `200 ${ADA}`);
  await app.press('Log out', '401 anonymous');
  await app.press('Log in with a passkey', `200 ${ADA}`);
});

walk('a security key is a second factor', site, async ({ service, page }) => {
  await addAuthenticator(page, { transport: 'usb', hasResidentKey: false, hasUserVerification: false });
  const app = await open(page, PAGE);
  await signUpByPassword(service, app);
  await confirmAndPress(app, 'Add a security key', '200 webauthn');
  await app.press('Log out', '401 anonymous');
  await logIn(app, '401 mfa_authenticate');
  await app.press('Use the security key', `200 ${ADA}`);
});

// In the docs, the page is on port 3000, and the API is on port 8000, the default of the local service.
const onLocalhost = (port) => {
  const shown = Object.entries(settingsOf('passkeys.md', 'On your own machine'));
  return Object.fromEntries(shown.map(([name, value]) => [name, value.replaceAll('localhost:3000', `localhost:${port}`)]));
};
const laptop = { settings: onLocalhost, hosts: { localhost: 'app' }, tls: false };

walk('page and API on localhost share passkeys', laptop, async ({ service, front, page }) => {
  await addAuthenticator(page);
  const app = await open(page, `http://localhost:${front.port}/?api=http://localhost:${service.port}`);
  await signUpByPassword(service, app);
  await confirmAndPress(app, 'Add a passkey', '200 webauthn');
  await app.press('Log out', '401 anonymous');
  await app.press('Log in with a passkey', `200 ${ADA}`);
});

test('a page that cannot use the domain stops the start with a helpful message', async () => {
  const { CSRF_COOKIE_DOMAIN: _, ...rest } = settings;
  await assert.rejects(Service.start(rest), /pages of `https:\/\/app\.example\.com` cannot use security keys of `auth\.example\.com`: set MFA_WEBAUTHN_RP_ID/);
});
