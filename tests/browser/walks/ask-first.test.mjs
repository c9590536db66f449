// Links of the JWT API with a page that asks for confirmation first (`LATCHKEY_LINKS_ASK_FIRST`).

import assert from 'node:assert/strict';
import { walk } from '../support/walk.mjs';

const ADA = 'ada@example.com';
const PASSWORD = 'correct-Horse-42-battery';
const settings = {
  PUBLIC_URL: 'https://auth.example.com',
  LATCHKEY_LINKS_ASK_FIRST: true,
  EMAIL_VERIFICATION: 'mandatory',
};
const NARROW = { viewport: { width: 320, height: 568 }, isMobile: true };

/** Calls the JWT API without the browser. */
async function call(service, path, body) {
  const headers = { 'Content-Type': 'application/json' };
  const url = `http://127.0.0.1:${service.port}/jwt-allauth/${path}`;
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function register(service) {
  const names = { first_name: 'Ada', last_name: 'Lovelace' };
  const reply = await call(service, 'registration/', { email: ADA, password1: PASSWORD, password2: PASSWORD, ...names });
  assert.equal(reply.status, 201);
}

const login = async (service, password) => (await call(service, 'login/', { email: ADA, password })).status;
const link = async (service) => (await service.mail(ADA)).text.match(/https:\S+/)[0];

async function assertFits(page) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(content <= window, `${content} pixels wide in a window of ${window}`);
}

/** Presses the button of the page, and waits for the URL that it leads to. */
async function goOn(page, url) {
  await page.getByRole('button', { name: 'Continue' }).click();
  await page.waitForURL(url);
}

const withoutScripts = { settings, api: 'auth.example.com', context: { ...NARROW, javaScriptEnabled: false } };
walk('the button verifies the address, without scripts and on a narrow screen', withoutScripts, async (walk) => {
  const { service, page, console } = walk;
  await register(service);
  const url = await link(service);
  for (const _ of [1, 2]) assert.equal((await page.goto(url)).status(), 200);
  await assertFits(page);
  assert.notEqual(await login(service, PASSWORD), 200, 'opening the page verifies nothing');
  await goOn(page, '**/registration/verified/');
  await page.getByRole('heading', { name: 'Email Verified' }).waitFor();
  await assertFits(page);
  assert.equal(await login(service, PASSWORD), 200);
  assert.deepEqual(console, [], 'the policy allows everything that the pages need');
  await call(service, 'password/reset/', { email: ADA });
  await page.goto(await link(service));
  await goOn(page, '**/password/reset/default/');
  await page.locator('noscript p').waitFor();
  assert.equal(await page.getByRole('button').count(), 0, 'the form has no button without scripts');
});

const withScripts = { settings, api: 'auth.example.com', context: NARROW };
walk('the button of a reset link opens the form for a new password', withScripts, async ({ service, page, console }) => {
  await register(service);
  await page.goto(await link(service));
  await goOn(page, '**/registration/verified/');
  await call(service, 'password/reset/', { email: ADA });
  await page.goto(await link(service));
  await goOn(page, '**/password/reset/default/');
  await assertFits(page);
  await page.getByLabel('New password').fill('another-Horse-43-battery');
  await page.getByLabel('The same again').fill('another-Horse-43-battery');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.waitForURL('**/password/reset/complete/');
  assert.equal(await login(service, 'another-Horse-43-battery'), 200);
  assert.ok(!console.some((line) => line.includes('Content Security Policy')), `${console}`);
});

const elsewhere = {
  settings: { ...settings, EMAIL_VERIFIED_REDIRECT: 'https://example.com/verified' },
  api: 'auth.example.com',
  hosts: {
    'example.com': (_, outgoing) => outgoing.writeHead(302, { Location: 'https://www.example.com/welcome' }).end(),
    'www.example.com': (_, outgoing) => outgoing.end('Welcome'),
  },
};
walk('the button opens a page of the frontend, which can redirect to any page', elsewhere, async ({ service, page }) => {
  await register(service);
  await page.goto(await link(service));
  await goOn(page, 'https://www.example.com/welcome');
});
