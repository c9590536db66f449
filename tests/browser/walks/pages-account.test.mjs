// The hosted pages: addresses, phone numbers, identity providers.

import assert from 'node:assert/strict';
import { byCode, codeOf, confirm, linkOf, logIn, logOut, signUp } from '../support/account.mjs';
import { ADA, PASSWORD, pageWalk } from '../support/pages.mjs';

const OTHER = 'countess@example.com';

pageWalk('addresses are added, verified, made primary and removed', { settings: byCode, everywhere: true }, async (walk) => {
  const { service, page, pages } = walk;
  await signUp(walk);
  await pages.follow('Email addresses');
  await pages.says('Primary');
  await pages.inspect('email');
  await pages.fill('Email address', OTHER);
  await pages.press('Add the address');
  await pages.says(`We sent a message to ${OTHER}.`);
  await pages.inspect('email-unverified');
  await pages.press(`Send again to ${OTHER}`);
  await pages.says('We sent a message a short time ago.');
  await pages.fill('Code', codeOf(await service.mail(OTHER)));
  await pages.press('Confirm the address');
  await pages.says(`${OTHER} is confirmed.`);
  await pages.press(`Make primary: ${OTHER}`);
  await pages.says(`${OTHER} is your primary address.`);
  await pages.press(`Remove ${ADA}`);
  await pages.press('Cancel', page.getByRole('dialog'));
  await pages.press(`Remove ${ADA}`);
  await pages.press('Remove', page.getByRole('dialog'));
  await pages.says(`${ADA} is removed.`);
  await page.locator('.rows > li').nth(1).waitFor({ state: 'detached' });
});

const strict = { ACCOUNT_REAUTHENTICATION_REQUIRED: true };

pageWalk('addresses are verified by links, and changes need reauthentication', { settings: strict }, async (walk) => {
  const { service, page, pages } = walk;
  await pages.open('/accounts/signup/');
  await pages.fill('Email address', ADA);
  await pages.fill('Password', PASSWORD);
  await pages.press('Create the account');
  await pages.shows('Check your email');
  await pages.open(linkOf(await service.mail(ADA)));
  await pages.press('Yes, confirm');
  await pages.follow('Log in');
  await logIn(walk);
  await pages.shows('Your account');
  await pages.follow('Email addresses');
  await pages.fill('Email address', OTHER);
  await pages.press('Add the address');
  await confirm(walk);
  await pages.says(`We sent a message to ${OTHER}.`);
  await pages.open(linkOf(await service.mail(OTHER)));
  await pages.says(`Is ${OTHER} the address of ${ADA}?`);
  await pages.press('Yes, confirm');
  await pages.shows('Your address is confirmed');
  await pages.says('You are all set.');
  await pages.follow('Go to your account');
  await pages.follow('Email addresses');
  await page.getByRole('button', { name: `Make primary: ${OTHER}` }).waitFor();
});

const phones = {
  ACCOUNT_LOGIN_METHODS: ['phone', 'email'],
  ACCOUNT_SIGNUP_FIELDS: ['phone*', 'email', 'password1*', 'password2*'],
  ACCOUNT_EMAIL_VERIFICATION: 'optional',
  ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND: true,
  ACCOUNT_PHONE_VERIFICATION_SUPPORTS_CHANGE: true,
  ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED: true,
};
pageWalk('signing up and logging in with a phone number, and changing it', { settings: phones }, async (walk) => {
  const { service, page, pages } = walk;
  await pages.open('/accounts/signup/');
  await pages.inspect('signup-phone');
  await pages.fill('Phone number', '+31 6 1234 5670');
  await pages.fill('Password', PASSWORD);
  await pages.fill('Password, again', 'other');
  await pages.press('Create the account');
  await pages.says('The two entries are not the same.');
  await pages.fill('Password, again', PASSWORD);
  await pages.press('Create the account');
  await pages.shows('Enter the code from your phone');
  await pages.inspect('verify-phone');
  await service.advance(60);
  await pages.press('Send another code');
  await pages.says('We sent another code.');
  await service.advance(60);
  await pages.press('Use another number');
  await pages.shows('Another phone number');
  await pages.inspect('verify-phone-change');
  await pages.fill('Phone number', '+31 6 1234 5678');
  await pages.press('Send the code');
  await pages.shows('Enter the code from your phone');
  await pages.fill('Code', codeOf(await service.text('+31612345678')));
  await pages.press('Confirm the number');
  await pages.shows('Your account');
  await pages.follow('Phone number');
  await pages.says('+31612345678');
  await pages.inspect('phone');
  await service.advance(120);
  await pages.fill('Phone number', '+31 6 8765 4321');
  await pages.press('Send the code');
  await pages.says('Confirm +31687654321');
  await pages.inspect('phone-code');
  await pages.fill('Code', codeOf(await service.text('+31687654321')));
  await pages.press('Confirm the number');
  await pages.says('Your phone number is saved.');
  await logOut(walk);
  await pages.inspect('login-phone');
  await pages.fill('Phone number or email address', '+31 6 8765 4321');
  await pages.fill('Password', 'wrong');
  await pages.press('Log in');
  await pages.says('The phone number or the password is wrong.');
  await pages.fill('Password', PASSWORD);
  await pages.press('Log in');
  await pages.shows('Your account');
  assert.equal(await page.title(), 'Your account · Latchkey');
  await logOut(walk);
  await pages.follow('Forgot your password?');
  await service.advance(60);
  await pages.fill('Phone number or email address', '+31 6 8765 4321');
  await pages.press('Continue');
  await pages.says('we sent a code to +31687654321');
  await pages.fill('Code', codeOf(await service.text('+31687654321')));
  await pages.fill('New password', `${PASSWORD}-2`);
  await pages.press('Save the password');
  await pages.shows('Your password is changed');
});

const dummy = { ...byCode, SOCIALACCOUNT_PROVIDERS: { dummy: {} }, SOCIALACCOUNT_AUTO_SIGNUP: false };

/** Enters the user's data at the dummy provider. */
async function beSomebody(page, id, email) {
  await page.getByLabel('Account ID').fill(id);
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('The address is verified').check();
  await page.getByRole('button', { name: 'Login' }).click();
}

pageWalk('signing up and logging in through a provider, and connecting it', { settings: dummy }, async (walk) => {
  const { page, pages } = walk;
  await pages.open('/accounts/login/?next=%2Faccounts%2Fsessions%2F');
  await pages.inspect('login-providers');
  await pages.press('Continue with Dummy');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await pages.shows('Login cancelled');
  await pages.inspect('provider-cancelled');
  await pages.follow('Back to login');
  await pages.press('Continue with Dummy');
  await beSomebody(page, '1', ADA);
  await pages.shows('Complete your account');
  await pages.inspect('provider-signup');
  assert.equal(await page.getByLabel('Email address').inputValue(), ADA);
  await pages.press('Create the account');
  await pages.shows('Sessions');
  await logOut(walk);
  await pages.press('Continue with Dummy');
  await beSomebody(page, '1', ADA);
  await pages.shows('Your account');

  await pages.follow('Connected accounts');
  await pages.press('Connect Dummy');
  await beSomebody(page, '2', OTHER);
  await pages.shows('Connected accounts');
  await page.locator('.rows > li').nth(1).waitFor();
  await pages.inspect('providers');
  await pages.press('Connect Dummy');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await pages.says('You cancelled at the other service.');
  await page
    .getByRole('button', { name: /^Disconnect/ })
    .last()
    .click();
  await pages.press('Disconnect', page.getByRole('dialog'));
  await pages.says('is disconnected.');
  await page.locator('.rows > li').nth(1).waitFor({ state: 'detached' });
  await page.locator('h1:focus').waitFor();
  await page.getByRole('button', { name: /^Disconnect/ }).click();
  await pages.press('Disconnect', page.getByRole('dialog'));
  await pages.says('Your account has no password set up.');
});

pageWalk(
  'connecting a provider needs reauthentication',
  { settings: { ...dummy, SOCIALACCOUNT_REAUTHENTICATION_REQUIRED: true } },
  async (walk) => {
    const { page, pages } = walk;
    await signUp(walk);
    await pages.follow('Connected accounts');
    await pages.press('Connect Dummy');
    await beSomebody(page, '2', OTHER);
    await confirm(walk);
    await beSomebody(page, '2', OTHER);
    await pages.shows('Connected accounts');
    await page.locator('.rows > li').waitFor();
  },
);

pageWalk('a login at a provider fails', { settings: dummy }, async ({ pages }) => {
  await pages.open('/accounts/login/?error=signup_closed&error_process=login');
  await pages.shows('The login did not work');
  await pages.says('new accounts cannot be created');
  await pages.inspect('provider-error');
  await pages.open('/accounts/3rdparty/login/error/?error=<script>alert(1)</script>');
  await pages.says('The other service could not confirm who you are.');
});
