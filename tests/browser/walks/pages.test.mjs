// The hosted pages: signup, login, verification and passwords.

import assert from 'node:assert/strict';
import { byCode, codeOf, linkOf, logIn, logOut, signUp } from '../support/account.mjs';
import { ADA, PASSWORD, pageWalk } from '../support/pages.mjs';

pageWalk('signing up with a code, and logging in', { settings: byCode, everywhere: true }, async (walk) => {
  const { service, page, pages } = walk;
  await pages.open('/accounts/');
  await pages.shows('Log in');
  await pages.inspect('login');
  await pages.follow('Create an account');
  await pages.shows('Create an account');
  await page.locator('h1:focus').waitFor();
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
  await pages.inspect('login-wrong');
  await logIn(walk);
  await pages.shows('Your account');
});

pageWalk('verifying an address with the link in the mail', { everywhere: true }, async (walk) => {
  const { service, page, pages } = walk;
  await pages.open('/accounts/signup/');
  await pages.fill('Email address', ADA);
  await pages.fill('Password', PASSWORD);
  await pages.press('Create the account');
  await pages.shows('Check your email');
  await pages.says(`We sent a link to ${ADA}.`);
  await pages.inspect('confirm-email-sent');
  await page.reload();
  await pages.shows('Check your email');
  const link = linkOf(await service.mail(ADA));
  await pages.open(link);
  await pages.shows('Confirm your email address');
  await pages.inspect('confirm-email-key');
  await pages.press('Yes, confirm');
  await pages.shows('Your address is confirmed');
  await pages.inspect('confirm-email-done');
  await pages.open('/accounts/confirm-email/abc/');
  await pages.shows('This link does not work');
  await pages.inspect('confirm-email-expired');
  await pages.follow('Log in');
  await logIn(walk);
  await pages.shows('Your account');
});

pageWalk('another person does not verify, and starts over', {}, async ({ pages }) => {
  await pages.open('/accounts/signup/?next=%2Faccounts%2Femail%2F');
  await pages.fill('Email address', ADA);
  await pages.fill('Password', PASSWORD);
  await pages.press('Create the account');
  await pages.shows('Check your email');
  await pages.press('Back to login');
  await pages.shows('Log in');
  await pages.isAt('/accounts/login/?next=%2Faccounts%2Femail%2F');
});

pageWalk('a forgotten password is reset by a link', { settings: byCode, everywhere: true }, async (walk) => {
  const { service, pages } = walk;
  await signUp(walk);
  await logOut(walk);
  await pages.follow('Forgot your password?');
  await pages.shows('Reset your password');
  await pages.inspect('password-reset');
  await pages.fill('Email address', ADA);
  await pages.press('Continue');
  await pages.shows('Check your email');
  await pages.inspect('password-reset-done');
  const link = linkOf(await service.mail(ADA));
  await pages.open(link);
  await pages.shows('Choose a new password');
  await pages.says(`For the account ${ADA}.`);
  await pages.inspect('password-reset-key');
  await pages.fill('New password', 'short');
  await pages.press('Save the password');
  await pages.page.locator('[name=password][aria-invalid=true]').waitFor();
  await pages.fill('New password', `${PASSWORD}-2`);
  await pages.press('Save the password');
  await pages.shows('Your password is changed');
  await pages.inspect('password-reset-key-done');
  await pages.open(link);
  await pages.shows('This link does not work');
  await pages.inspect('password-reset-expired');
  await pages.follow('Request a new link');
  await pages.follow('Back to login');
  await logIn(walk, `${PASSWORD}-2`);
  await pages.shows('Your account');
});

const resetByCode = { ...byCode, ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED: true };

pageWalk('a forgotten password is reset by a code', { settings: resetByCode, everywhere: true }, async (walk) => {
  const { service, pages } = walk;
  await signUp(walk);
  await logOut(walk);
  await pages.follow('Forgot your password?');
  await pages.fill('Email address', ADA);
  await pages.press('Continue');
  await pages.shows('Choose a new password');
  await pages.inspect('password-reset-code');
  await pages.follow('Back to login');
  await pages.shows('Log in');
  await pages.page.goBack();
  await pages.shows('Choose a new password');
  await pages.fill('Code', codeOf(await service.mail(ADA)));
  await pages.fill('New password', `${PASSWORD}-2`);
  await pages.press('Save the password');
  await pages.shows('Your password is changed');
  await pages.follow('Log in');
  await logIn(walk, `${PASSWORD}-2`);
  await pages.shows('Your account');
});

const loginByCode = { LATCHKEY_PRESET: 'passwordless' };

pageWalk('logging in by a code', { settings: loginByCode }, async (walk) => {
  const { service, page, pages } = walk;
  await pages.open('/accounts/signup/');
  await pages.fill('Email address', ADA);
  await pages.press('Create the account');
  await pages.fill('Code', codeOf(await service.mail(ADA)));
  await pages.press('Confirm the address');
  await pages.shows('Your account');
  await pages.follow('Password');
  await pages.shows('Set a password');
  await pages.inspect('password-set');
  await pages.fill('New password', PASSWORD);
  await pages.press('Save the password');
  await pages.says('Your password is set.');
  await logOut(walk);
  await pages.inspect('login-code-first');
  await service.advance(60);
  await pages.fill('Email address', ADA);
  await pages.press('Send the code');
  await pages.shows('Enter the login code');
  await pages.inspect('login-code-confirm');
  const first = codeOf(await service.mail(ADA));
  await pages.press('Send another code');
  await pages.says('We sent another code.');
  await pages.fill('Code', first);
  await pages.press('Log in');
  await page.locator('[name=code][aria-invalid=true]').waitFor();
  await pages.fill('Code', codeOf(await service.mail(ADA)));
  await pages.press('Log in');
  await pages.shows('Your account');
  await logOut(walk);
  await pages.open('/accounts/login/code/');
  await pages.shows('Log in with a code');
  await pages.inspect('login-code');
  await pages.follow('Log in with a password instead');
  await pages.shows('Log in');
  await logIn(walk);
  await pages.shows('Your account');
});

pageWalk('a login code expires', { settings: loginByCode }, async ({ service, pages }) => {
  await pages.open('/accounts/login/');
  await pages.fill('Email address', ADA);
  await pages.press('Send the code');
  await pages.shows('Enter the login code');
  await service.advance(1000);
  await pages.fill('Code', 'AAAA-AAAA');
  await pages.press('Log in');
  await pages.says('no longer valid');
  await pages.inspect('login-code-expired');
  await pages.press('Log in another way');
  await pages.shows('Log in');
});

const changeable = {
  ...byCode,
  ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE: true,
  ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND: true,
};

pageWalk(
  'changing the address before its code is entered',
  { settings: changeable },
  async ({ service, pages }) => {
    await pages.open('/accounts/signup/');
    await pages.fill('Email address', 'adda@example.com');
    await pages.fill('Password', PASSWORD);
    await pages.press('Create the account');
    await pages.shows('Enter the code from your email');
    await service.advance(200);
    await pages.press('Send another code');
    await pages.says('We sent another code.');
    await pages.inspect('confirm-email-resent');
    await pages.press('Use another email address');
    await pages.shows('Another email address');
    await pages.inspect('confirm-email-change');
    await pages.fill('Email address', ADA);
    await pages.press('Send the code');
    await pages.says(`We sent a code to ${ADA}.`);
    await pages.fill('Code', codeOf(await service.mail(ADA)));
    await pages.press('Confirm the address');
    await pages.shows('Your account');
  },
);

pageWalk('signup is closed', { settings: { ACCOUNT_SIGNUP_OPEN: false }, everywhere: true }, async ({ page, pages }) => {
  await pages.open('/accounts/login/');
  await pages.shows('Log in');
  assert.equal(await page.getByText('Create an account').count(), 0);
  await pages.open('/accounts/signup/');
  await pages.shows('Sign-up is closed');
  await pages.inspect('signup-closed');
});

pageWalk('changing the password, and logging out', { settings: byCode, everywhere: true }, async (walk) => {
  const { pages } = walk;
  await signUp(walk);
  await pages.follow('Password');
  await pages.shows('Change your password');
  await pages.inspect('password-change');
  await pages.fill('Current password', 'wrong');
  await pages.fill('New password', `${PASSWORD}-2`);
  await pages.press('Save the password');
  await pages.says('This is not your current password.');
  await pages.fill('Current password', PASSWORD);
  await pages.press('Save the password');
  await pages.says('Your password is changed.');
  await pages.inspect('password-changed');
  await pages.open('/accounts/logout/');
  await pages.shows('Log out');
  await pages.inspect('logout');
  await pages.press('Log out');
  await pages.shows('Log in');
  await logIn(walk, `${PASSWORD}-2`);
  await pages.shows('Your account');
});
