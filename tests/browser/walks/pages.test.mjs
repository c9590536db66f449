// The hosted pages: what people do with their account.

import assert from 'node:assert/strict';
import { addAuthenticator } from '../support/chromium.mjs';
import { ADA, PASSWORD, pageWalk } from '../support/pages.mjs';
import { totp } from '../support/totp.mjs';

const byCode = { ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED: true };

const codeOf = (mail) => mail.text.match(/^\s*([A-Z0-9]{4}-[A-Z0-9]{4})\s*$/m)[1];
const linkOf = (mail) => mail.text.match(/http:\S+/)[0];

/** Signs Ada up by the pages, where addresses are verified by code. */
async function signUp({ service, pages }) {
  await pages.open('/accounts/signup/');
  await pages.fill('Email address', ADA);
  await pages.fill('Password', PASSWORD);
  await pages.press('Create the account');
  await pages.shows('Enter the code from your email');
  await pages.fill('Code', codeOf(await service.mail(ADA)));
  await pages.press('Confirm the address');
  await pages.shows('Your account');
}

async function logIn({ pages }, password = PASSWORD) {
  await pages.fill('Email address', ADA);
  await pages.fill('Password', password);
  await pages.press('Log in');
}

async function logOut({ pages }) {
  await pages.press('Log out');
  await pages.shows('Log in');
}

/** Answers the overlay. */
async function confirm({ page, pages }) {
  const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' });
  await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  await dialog.waitFor({ state: 'hidden' });
}

pageWalk('signing up with a code, and logging in', { settings: byCode }, async (walk) => {
  const { service, page, pages } = walk;
  await pages.open('/accounts/');
  await pages.shows('Log in');
  await pages.inspect('login');
  await pages.follow('Create an account');
  await pages.shows('Create an account');
  assert.equal(await page.evaluate(() => document.activeElement.tagName), 'H1');
  await pages.inspect('signup');
  await pages.press('Create the account');
  await pages.says('Please fill in this field.');
  await page.locator('[name=email]:focus').waitFor();
  await pages.inspect('signup-errors');
  await pages.fill('Email address', ADA);
  await pages.fill('Password', '1234');
  await pages.press('Create the account');
  await page.locator('[name=password][aria-invalid=true]').waitFor();
  await pages.fill('Password', PASSWORD);
  await pages.press('Create the account');
  await pages.shows('Enter the code from your email');
  await pages.says(`We sent a code to ${ADA}.`);
  await pages.inspect('confirm-email-code');
  await pages.fill('Code', 'AAAA-AAAA');
  await pages.press('Confirm the address');
  await page.locator('[name=code][aria-invalid=true]').waitFor();
  await pages.fill('Code', codeOf(await service.mail(ADA)));
  await pages.press('Confirm the address');
  await pages.shows('Your account');
  await pages.isAt('/accounts/');
  await pages.inspect('account');
  await logOut(walk);
  await logIn(walk, 'wrong');
  await pages.says('The email address or the password is wrong.');
  await logIn(walk);
  await pages.shows('Your account');
});
