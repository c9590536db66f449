// The hosted pages: errors, and the advice that the pages give.

import assert from 'node:assert/strict';
import { byCode, logIn, signUp } from '../support/account.mjs';
import { ADA, PASSWORD, pageWalk } from '../support/pages.mjs';

const LOGIN = 'POST /_allauth/browser/v1/auth/login';
const SESSION = 'GET /_allauth/browser/v1/auth/session';

pageWalk('too many attempts', {}, async (walk) => {
  const { page, pages } = walk;
  await pages.open('/accounts/login/');
  await pages.answer(LOGIN, { status: 429, headers: { 'Retry-After': '180' }, body: '{"status":429}' });
  await logIn(walk);
  await pages.says('Too many attempts. You can try again in 3 minutes.');
  await page.locator('[role=alert]:focus').waitFor();
  await pages.inspect('rate-limited');
  await pages.answer(LOGIN);
  await logIn(walk);
  await pages.says('The email address or the password is wrong.');
});

pageWalk(
  'the rate limit of the service',
  { settings: { ACCOUNT_RATE_LIMITS: { login_failed: '2/m/ip' } } },
  async (walk) => {
    const { pages } = walk;
    await pages.open('/accounts/login/');
    for (const text of [
      'The email address or the password is wrong.',
      'The email address or the password is wrong.',
      'Too many attempts.',
    ]) {
      await logIn(walk);
      await pages.says(text);
    }
  },
);

pageWalk('the service or the network fails', {}, async (walk) => {
  const { context, pages } = walk;
  await pages.open('/accounts/login/');
  await pages.answer(LOGIN, { status: 500, body: 'oops' });
  await logIn(walk);
  await pages.says('The service has a problem at the moment.');
  await pages.answer(LOGIN);
  await context.setOffline(true);
  await pages.press('Log in');
  await pages.says('The service cannot be reached.');
  await pages.inspect('offline');
  await context.setOffline(false);
  await pages.press('Log in');
  await pages.says('The email address or the password is wrong.');
});

pageWalk('the session cannot be fetched', { settings: byCode }, async (walk) => {
  const { pages } = walk;
  await signUp(walk);
  await pages.answer(SESSION, { status: 503, body: '{"status":503}' });
  await pages.open('/accounts/email/');
  await pages.shows('Something went wrong');
  await pages.inspect('unavailable');
  await pages.answer(SESSION);
  await pages.press('Try again');
  await pages.shows('Email addresses');
  await pages.answer('GET /_allauth/browser/v1/auth/sessions', { status: 500 });
  await pages.follow('Sessions');
  await pages.says('The service has a problem at the moment.');
  await pages.inspect('load-failed');
  await pages.answer('GET /_allauth/browser/v1/auth/sessions');
  await pages.press('Try again');
  await pages.says('This session');
});

pageWalk('the session has ended', { settings: byCode, everywhere: true }, async (walk) => {
  const { context, pages } = walk;
  await signUp(walk);
  await context.clearCookies({ name: 'sessionid' });
  await pages.follow('Sessions');
  await pages.shows('Log in');
  await pages.isAt('/accounts/login/?next=%2Faccounts%2Fsessions%2F');
  await logIn(walk);
  await pages.shows('Sessions');
});

const disabled = [{ email: ADA, password: PASSWORD, verified: true, is_active: false }];

pageWalk('a disabled account', { users: disabled }, async (walk) => {
  const { pages } = walk;
  await pages.open('/accounts/login/');
  await logIn(walk);
  await pages.shows('This account is not active');
  await pages.inspect('inactive');
});

pageWalk('pages that do not exist', { everywhere: true }, async ({ pages }) => {
  await pages.open('/accounts/nowhere/');
  await pages.shows('Page not found');
  await pages.inspect('not-found');
  await pages.follow('Go to your account');
  await pages.shows('Log in');
});

pageWalk('a document without boot data', { settings: byCode }, async (walk) => {
  await walk.pages.withoutBootData();
  await signUp(walk);
  await walk.pages.open('/accounts/login/');
  await walk.pages.shows('Your account');
});

pageWalk('the configuration cannot be fetched', {}, async ({ pages }) => {
  await pages.withoutBootData();
  await pages.answer('GET /_allauth/browser/v1/config', { status: 503 });
  await pages.open('/accounts/login/');
  await pages.shows('Something went wrong');
  await pages.answer('GET /_allauth/browser/v1/config');
  await pages.press('Try again');
  await pages.shows('Log in');
});

pageWalk('using the pages with the keyboard only', { settings: byCode, everywhere: true }, async (walk) => {
  const { page, pages } = walk;
  const { keyboard } = page;
  await signUp(walk);
  await page.reload();
  await pages.shows('Your account');
  await keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to content');
  await keyboard.press('Enter');
  await page.locator('h1:focus').waitFor();
  await keyboard.press('Tab');
  await keyboard.press('Enter');
  await pages.shows('Email addresses');
  await page.locator('h1:focus').waitFor();
  await page.getByRole('button', { name: 'Log out' }).focus();
  await keyboard.press('Enter');
  await pages.shows('Log in');
  await page.locator('h1:focus').waitFor();
  await keyboard.press('Tab');
  await keyboard.type(ADA);
  await keyboard.press('Tab');
  await keyboard.type(PASSWORD);
  await keyboard.press('Tab');
  await keyboard.press('Space');
  assert.equal(await page.getByLabel('Password', { exact: true }).getAttribute('type'), 'text');
  await keyboard.press('Shift+Tab');
  await keyboard.press('Enter');
  await pages.shows('Your account');
});

pageWalk('large text', { settings: byCode }, async (walk) => {
  const { page, pages } = walk;
  await signUp(walk);
  for (const path of [
    '/accounts/',
    '/accounts/email/',
    '/accounts/2fa/',
    '/accounts/sessions/',
    '/accounts/2fa/totp/activate/',
  ]) {
    await pages.open(path);
    await page.locator('h1').waitFor();
    await page.waitForLoadState('networkidle');
    await page.setViewportSize({ width: 640, height: 700 });
    await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
    const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(excess <= 0, `${path}: ${excess} pixels too wide`);
  }
});

pageWalk('without JavaScript the page says so', { context: { javaScriptEnabled: false } }, async ({ page, pages }) => {
  await pages.open('/accounts/login/');
  await page.locator('noscript p').waitFor();
});
