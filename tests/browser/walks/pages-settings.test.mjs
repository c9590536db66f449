// The hosted pages with settings that change their content, their URLs and their redirects.

import assert from 'node:assert/strict';
import { byCode, codeOf, linkOf, logIn, logOut, signUp } from '../support/account.mjs';
import { ADA, PASSWORD, pageWalk } from '../support/pages.mjs';

const OTHER = 'countess@example.com';

const changing = { ...byCode, ACCOUNT_CHANGE_EMAIL: true };

pageWalk('a new address replaces the current one', { settings: changing, everywhere: true }, async (walk) => {
  const { service, page, pages } = walk;
  await signUp(walk);
  await pages.follow('Email addresses');
  await pages.says('We send messages about your account to this address.');
  await pages.inspect('email-change');
  await pages.fill('Email address', OTHER);
  await pages.press('Change the address');
  await pages.says(`We sent a message to ${OTHER}.`);
  assert.equal(await page.getByRole('button', { name: /^Make primary/ }).count(), 0);
  await pages.inspect('email-change-unverified');
  await pages.fill('Code', codeOf(await service.mail(OTHER)));
  await pages.press('Confirm the address');
  await pages.says(`${OTHER} is confirmed.`);
  await page.locator('.rows').getByText(ADA).waitFor({ state: 'detached' });
  assert.equal(await page.locator('.rows > li').count(), 1);
});

const onlyProviders = { SOCIALACCOUNT_ONLY: true, ACCOUNT_EMAIL_VERIFICATION: 'none', SOCIALACCOUNT_PROVIDERS: { dummy: {} } };

pageWalk('users can log in only through identity providers', { settings: onlyProviders }, async (walk) => {
  const { page, pages } = walk;
  await pages.open('/accounts/');
  await pages.shows('Log in');
  assert.equal(await page.getByRole('textbox').count(), 0);
  assert.equal(await page.getByText('Create an account').count(), 0);
  await pages.inspect('login-providers-only');
  await pages.press('Continue with Dummy');
  await page.getByLabel('Account ID').fill('1');
  await page.getByLabel('Email address').fill(ADA);
  await page.getByLabel('The address is verified').check();
  await page.getByRole('button', { name: 'Login' }).click();
  await pages.shows('Your account');
  assert.equal(await page.getByRole('link', { name: 'Password' }).count(), 0);
  await pages.inspect('account-providers-only');
  await logOut(walk);
});

const leaving = { ...byCode, ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE: true };

pageWalk('a changed password logs out', { settings: leaving, everywhere: true }, async (walk) => {
  const { pages } = walk;
  await signUp(walk);
  await pages.follow('Password');
  await pages.fill('Current password', 'wrong');
  await pages.fill('New password', `${PASSWORD}-2`);
  await pages.press('Save the password');
  await pages.says('This is not your current password.');
  await pages.fill('Current password', PASSWORD);
  await pages.press('Save the password');
  await pages.shows('Your password is changed');
  await pages.follow('Log in');
  await logIn(walk, `${PASSWORD}-2`);
  await pages.shows('Your account');
});

const honeypot = { ACCOUNT_SIGNUP_FORM_HONEYPOT_FIELD: 'website' };

pageWalk('a program fills in the hidden honeypot field', { settings: honeypot, everywhere: true }, async (walk) => {
  const { service, page, pages } = walk;
  await pages.open('/accounts/signup/');
  await pages.shows('Create an account');
  await pages.inspect('signup-honeypot');
  assert.ok((await page.locator('[name=website]').boundingBox()).x < 0);
  await pages.fill('Email address', OTHER);
  await pages.fill('Password', PASSWORD);
  await page.locator('[name=website]').evaluate((field) => {
    field.value = 'https://spam.example.org';
    field.dispatchEvent(new Event('input', { bubbles: true }));
  });
  await pages.press('Create the account');
  await pages.says('The account was not created.');
  await pages.inspect('signup-refused');
  await pages.open('/accounts/signup/');
  await pages.fill('Email address', ADA);
  await pages.fill('Password', PASSWORD);
  await pages.press('Create the account');
  await pages.shows('Check your email');
  await service.mail(ADA);
  assert.deepEqual(await service.mails(OTHER), []);
});

pageWalk('the mail of a signup does not arrive', {}, async (walk) => {
  const { service, page, pages } = walk;
  await pages.open('/accounts/signup/');
  await pages.fill('Email address', ADA);
  await pages.fill('Password', PASSWORD);
  await pages.press('Create the account');
  await pages.shows('Check your email');
  const first = linkOf(await service.mail(ADA));
  await page.context().clearCookies();
  await service.advance(600);
  await pages.open('/accounts/login/');
  await logIn(walk);
  await pages.shows('Check your email');
  await pages.says(`We sent a link to ${ADA}.`);
  const second = linkOf(await service.mail(ADA));
  assert.equal((await service.mails(ADA)).length, 2);
  assert.notEqual(first, second);
  await pages.open(second);
  await pages.press('Yes, confirm');
  await pages.follow('Log in');
  await logIn(walk);
  await pages.shows('Your account');
});

const belowPath = { ...byCode, SOCIALACCOUNT_PROVIDERS: { dummy: {} } };

pageWalk('a service below a path', { settings: belowPath, path: '/people' }, async (walk) => {
  const { service, page, pages } = walk;
  const outside = [];
  page.on('request', (request) => {
    const { hostname, pathname } = new URL(request.url());
    if (hostname === 'localhost' && !pathname.startsWith('/people/')) outside.push(pathname);
  });
  await pages.open('/');
  await pages.shows('Log in');
  await pages.isAt('/accounts/login/?next=%2Fpeople%2Faccounts%2F');
  await pages.follow('Create an account');
  await pages.isAt('/accounts/signup/');
  await pages.fill('Email address', ADA);
  await pages.fill('Password', PASSWORD);
  await pages.press('Create the account');
  await pages.fill('Code', codeOf(await service.mail(ADA)));
  await pages.press('Confirm the address');
  await pages.shows('Your account');
  await pages.isAt('/accounts/');
  await pages.follow('Sessions');
  await pages.isAt('/accounts/sessions/');
  await page.reload();
  await pages.shows('Sessions');
  await logOut(walk);
  await pages.isAt('/accounts/login/');
  await pages.follow('Forgot your password?');
  await pages.fill('Email address', ADA);
  await pages.press('Continue');
  await pages.shows('Check your email');
  await page.goto((await service.mail(ADA)).text.match(/http:\S+/)[0]);
  await pages.shows('Choose a new password');
  await pages.fill('New password', `${PASSWORD}-2`);
  await pages.press('Save the password');
  await pages.shows('Your password is changed');
  await pages.open('/accounts/login/?next=%2Fpeople%2Faccounts%2Femail%2F');
  assert.deepEqual(outside, []);
  await pages.press('Continue with Dummy');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await pages.shows('Login cancelled');
  await pages.follow('Back to login');
  await logIn(walk, `${PASSWORD}-2`);
  await pages.shows('Email addresses');
});

pageWalk(
  'a page at another origin links to the origin of the service',
  { settings: { PUBLIC_URL: 'https://auth.example.com' }, everywhere: true },
  async ({ page, pages }) => {
    await pages.open('/accounts/login/?next=%2Faccounts%2F');
    await pages.shows('This page has another address');
    await pages.inspect('wrong-origin');
    const link = page.getByRole('link', { name: 'Go to auth.example.com' });
    assert.equal(await link.getAttribute('href'), 'https://auth.example.com/accounts/login/?next=%2Faccounts%2F');
  },
);

const trusted = {
  ...byCode,
  CORS_ALLOWED_ORIGINS: ['https://app.example.com'],
  CSRF_TRUSTED_ORIGINS: ['https://*.example.net'],
};

pageWalk('next leads to trusted places only', { settings: trusted, everywhere: true }, async (walk) => {
  const { page, pages } = walk;
  await signUp(walk);
  const leadsTo = async (next, expected) => {
    await page.route(
      ({ hostname }) => hostname !== 'localhost',
      (route) => route.fulfill({ body: 'elsewhere' }),
    );
    await pages.open(`/accounts/login/?next=${encodeURIComponent(next)}`);
    await page.waitForURL(new URL(expected, pages.url).href);
  };
  await leadsTo('/accounts/sessions/', '/accounts/sessions/');
  await leadsTo('https://app.example.com/welcome?a=1', 'https://app.example.com/welcome?a=1');
  await leadsTo('https://a.example.net/', 'https://a.example.net/');
  const refused = [
    'https://evil.example.org/',
    '//evil.example.org/',
    '/\\evil.example.org/',
    '\t//evil.example.org/',
    'javascript:alert(1)',
    'https://app.example.com@evil.example.org/',
    'https://user:pass@app.example.com/',
    'https://app.example.com.evil.example.org/',
    'http://app.example.com/',
    'https://example.net/',
    'https://evilexample.net/',
    'data:text/html,hello',
    '/accounts/login/',
  ];
  for (const next of refused) await leadsTo(next, '/accounts/profile/');
});

const redirected = {
  ...byCode,
  CORS_ALLOWED_ORIGINS: ['https://app.example.com'],
  LOGIN_REDIRECT_URL: 'https://app.example.com/home',
  LOGOUT_REDIRECT_URL: 'https://app.example.com/bye',
};

pageWalk('a login and a logout redirect to the app', { settings: redirected }, async (walk) => {
  const { service, page, pages } = walk;
  await page.route(
    ({ hostname }) => hostname === 'app.example.com',
    (route) => route.fulfill({ body: 'the app' }),
  );
  await pages.open('/accounts/signup/');
  await pages.fill('Email address', ADA);
  await pages.fill('Password', PASSWORD);
  await pages.press('Create the account');
  await pages.fill('Code', codeOf(await service.mail(ADA)));
  await pages.press('Confirm the address');
  await page.waitForURL('https://app.example.com/home');
  await pages.open('/accounts/');
  await pages.press('Log out');
  await page.waitForURL('https://app.example.com/bye');
});

const LOGO =
  'data:image/svg+xml,%3Csvg xmlns="http://www.w3.org/2000/svg" width="120" height="40"%3E%3Crect width="120" height="40" rx="8" fill="%230a7f5a"/%3E%3C/svg%3E';

for (const color of ['#0a7f5a', '#ffd400']) {
  const settings = {
    ...byCode,
    LATCHKEY_PRODUCT_NAME: 'Ferry <Lines>',
    LATCHKEY_LOGO_URL: LOGO,
    LATCHKEY_ACCENT_COLOR: color,
    LATCHKEY_TERMS_URL: 'https://example.com/terms',
    LATCHKEY_PRIVACY_URL: 'https://example.com/privacy',
    LATCHKEY_PAGES_CSS: '.card { border-top: 4px solid rgb(1, 2, 3) } :root { --brand-radius: 2px }',
  };
  pageWalk(`branding with ${color}`, { settings }, async (walk) => {
    const { page, pages } = walk;
    await pages.open('/accounts/login/');
    const logo = page.getByRole('img', { name: 'Ferry <Lines>' });
    await logo.waitFor();
    assert.equal((await logo.boundingBox()).height, 40);
    assert.equal(await page.title(), 'Log in · Ferry <Lines>');
    await page.getByRole('link', { name: 'Terms' }).waitFor();
    const style = (selector, name) =>
      page.locator(selector).evaluate((element, name) => getComputedStyle(element)[name], name);
    const rgb = `rgb(${color.slice(1).match(/../g).map((part) => parseInt(part, 16)).join(', ')})`;
    assert.equal(await style('button[type=submit]', 'backgroundColor'), rgb);
    assert.equal(await style('.card', 'borderTopColor'), 'rgb(1, 2, 3)');
    assert.equal(await style('button[type=submit]', 'borderRadius'), '2px');
    await pages.inspect(`branding-${color.slice(1)}`);
    await signUp(walk);
    await pages.inspect(`branding-account-${color.slice(1)}`);
  });
}
