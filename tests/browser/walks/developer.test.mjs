// The pages for developers: the inbox and the switches.

import assert from 'node:assert/strict';
import { codeOf, confirm, logIn } from '../support/account.mjs';
import { addAuthenticator } from '../support/chromium.mjs';
import { ADA, Pages, PASSWORD, pageWalk } from '../support/pages.mjs';

/** Opens a page of the service in another tab. */
async function openTab({ context, console, pages }, path) {
  const tab = new Pages(await context.newPage(), pages.url, console);
  await tab.open(path);
  return tab;
}

async function fillInSignup(pages, email) {
  await pages.open('/accounts/signup/');
  await pages.fill('Email address', email);
  await pages.fill('Password', PASSWORD);
  await pages.press('Create the account');
}

pageWalk('the inbox shows mails as they arrive', {}, async (walk) => {
  const { service, context, page, pages } = walk;
  const inbox = await openTab(walk, '/dev/inbox/');
  await inbox.shows('Inbox');
  await inbox.says('No messages yet.');
  await inbox.inspect('dev-inbox-empty');
  await fillInSignup(pages, ADA);
  await pages.shows('Check your email');

  // The list is updated without a reload.
  const rows = inbox.page.locator('#messages li');
  await rows.filter({ hasText: ADA }).waitFor();
  const { subject } = await service.mail(ADA);
  await inbox.page.getByRole('heading', { level: 2, name: subject }).waitFor();
  const html = inbox.page.frameLocator('iframe[title="HTML part"]');
  await html.getByRole('link').first().waitFor();
  await inbox.inspect('dev-inbox');
  await inbox.press('Text');
  await inbox.page.locator('#text').getByText('/accounts/confirm-email/').waitFor();
  await inbox.inspect('dev-inbox-text');
  await inbox.press('Source');
  await inbox.page.locator('#source').getByText('Content-Type: multipart/').waitFor();
  await inbox.inspect('dev-inbox-source');
  await inbox.press('HTML');

  // The link in the mail and the one in the list of links open the page in a new tab.
  const follow = async (link) => {
    const [opened] = await Promise.all([context.waitForEvent('page'), link.click()]);
    await opened.getByRole('heading', { level: 1, name: 'Confirm your email address' }).waitFor();
    return opened;
  };
  await (await follow(html.locator('a[href*="/accounts/confirm-email/"]').first())).close();
  const opened = await follow(inbox.page.locator('#links a').first());
  await opened.getByRole('button', { name: 'Yes, confirm' }).click();
  await opened.getByRole('heading', { level: 1, name: 'Your address is confirmed' }).waitFor();

  // The newest message is at the top and is shown. An older one is shown when it is selected.
  await page.context().clearCookies();
  await fillInSignup(pages, 'countess@example.com');
  await rows.nth(1).waitFor();
  await rows.first().getByText('countess@example.com').waitFor();
  await inbox.page.locator('#to').getByText('countess@example.com').waitFor();
  await rows.nth(1).getByRole('button').click();
  await inbox.page.locator('#to').getByText(ADA).waitFor();
  await inbox.page.locator('#subject:focus').waitFor();

  await inbox.press('Delete all');
  await inbox.says('No messages yet.');
  await inbox.page.reload();
  await inbox.says('No messages yet.');
  assert.deepEqual(await service.mails(ADA), []);
});

pageWalk('switches change the running service', {}, async (walk) => {
  const { service, pages } = walk;
  const settings = await openTab(walk, '/dev/');
  await settings.shows('Latchkey for developers');
  await settings.inspect('dev');
  await fillInSignup(pages, 'countess@example.com');
  await pages.shows('Check your email');

  const choose = async (label, option) => {
    await settings.page.getByLabel(label, { exact: true }).selectOption({ label: option });
    await settings.press('Apply');
    await settings.shows('Latchkey for developers');
  };
  await choose('Verify addresses by', 'Code');
  await choose('Identity provider', 'A dummy that accepts everybody');
  await settings.says(`ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED='true'`);
  await settings.inspect('dev-switched');
  await pages.page.context().clearCookies();
  await fillInSignup(pages, ADA);
  await pages.shows('Enter the code from your email');
  const inbox = await openTab(walk, '/dev/inbox/');
  const code = codeOf(await service.mail(ADA));
  await inbox.page.locator('#code output').getByText(code).waitFor();
  await inbox.inspect('dev-inbox-code');
  await pages.fill('Code', code);
  await pages.press('Confirm the address');
  await pages.shows('Your account');

  // Accounts and sessions are kept.
  await choose('Verify addresses by', 'As started');
  await pages.page.reload();
  await pages.shows('Your account');
  await pages.press('Log out');
  await pages.shows('Log in');
  await pages.page.getByRole('button', { name: 'Continue with Dummy' }).waitFor();
});

const onlyProviders = { SOCIALACCOUNT_ONLY: true, ACCOUNT_EMAIL_VERIFICATION: 'none' };

pageWalk('switches that contradict the settings show an error', { settings: onlyProviders }, async ({ page, pages }) => {
  await pages.open('/dev/');
  await page.getByLabel('Login by mailed code', { exact: true }).selectOption({ label: 'On' });
  await pages.press('Apply');
  await page.getByRole('alert').getByText('SOCIALACCOUNT_ONLY').waitFor();
  await pages.inspect('dev-refused');
});

pageWalk('the first walk of the README', {}, async (walk) => {
  const { context, page, pages } = walk;
  await addAuthenticator(page);
  await pages.open('/');
  await pages.shows('Log in');
  await pages.follow('Create an account');
  await pages.fill('Email address', ADA);
  await pages.fill('Password', PASSWORD);
  await pages.press('Create the account');
  await pages.shows('Check your email');
  const inbox = await openTab(walk, '/dev/inbox/');
  const link = inbox.page.frameLocator('iframe').locator('a[href*="/accounts/confirm-email/"]').first();
  const [opened] = await Promise.all([context.waitForEvent('page'), link.click()]);
  await opened.getByRole('button', { name: 'Yes, confirm' }).click();
  await opened.getByRole('link', { name: 'Log in' }).click();
  await opened.close();
  await pages.open('/');
  await logIn(walk);
  await pages.shows('Your account');
  const settings = await openTab(walk, '/dev/');
  await settings.page.getByLabel('Security keys and passkeys', { exact: true }).selectOption({ label: 'Login' });
  await settings.press('Apply');
  await settings.says("MFA_PASSKEY_LOGIN_ENABLED='true'");
  await page.bringToFront();
  await pages.open('/');
  await pages.follow('Two-factor security');
  await pages.follow('Add a key');
  await pages.press('Add the key');
  await confirm(walk);
  await pages.says('The key is added.');
});
