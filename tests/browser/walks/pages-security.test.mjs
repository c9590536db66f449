// The hosted pages: second factors, passkeys, sessions.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { byCode, codeOf, confirm, logIn, logOut, signUp } from '../support/account.mjs';
import { addAuthenticator } from '../support/chromium.mjs';
import { ADA, PASSWORD, pageWalk } from '../support/pages.mjs';
import { totp } from '../support/totp.mjs';

// A code is accepted for some time after its thirty seconds.
const apps = { ...byCode, MFA_TOTP_TOLERANCE: 1 };

/** Sets up an authenticator app. Returns its secret. */
async function setUpApp(walk) {
  const { service, page, pages } = walk;
  await pages.open('/accounts/2fa/');
  await pages.follow('Set up an app');
  const secret = (await page.locator('.secret code').textContent()).replaceAll(' ', '');
  await pages.fill('Code from the app', totp(secret, await service.now()));
  await pages.press('Activate');
  await page.getByRole('dialog').waitFor();
  return secret;
}

pageWalk('an authenticator app is the second step', { settings: apps }, async (walk) => {
  const { service, page, context, pages } = walk;
  await signUp(walk);
  await pages.follow('Two-factor security');
  await pages.shows('Two-factor security');
  await pages.inspect('mfa');
  await pages.follow('Set up an app');
  await pages.shows('Set up an authenticator app');
  await page.getByRole('img', { name: 'QR code for your authenticator app' }).waitFor();
  await pages.inspect('totp-activate');
  await pages.fill('Code from the app', '000000');
  await pages.press('Activate');
  await pages.says('This code is not right.');
  const secret = (await page.locator('.secret code').textContent()).replaceAll(' ', '');
  await pages.fill('Code from the app', totp(secret, await service.now()));
  await pages.press('Activate');
  await page.getByRole('dialog').waitFor();
  await pages.inspect('reauthentication');
  await page.keyboard.press('Escape');
  await pages.says('Nothing was changed, because you did not confirm that it is you.');
  await pages.fill('Code from the app', totp(secret, await service.now()));
  await pages.press('Activate');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Password', { exact: true }).fill('wrong');
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  await pages.says('This is not your password.');
  await confirm(walk);
  await pages.shows('Recovery codes');
  await pages.says('Your second factor is set up.');
  await pages.inspect('recovery-codes');
  const codes = await page.locator('.codes li').allTextContents();
  assert.equal(codes.length, 10);
  const [download] = await Promise.all([page.waitForEvent('download'), pages.follow('Download')]);
  assert.equal(download.suggestedFilename(), 'recovery-codes.txt');
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await pages.press('Copy');
  await pages.says('The codes are copied.');
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), codes.join('\n'));

  await logOut(walk);
  await logIn(walk);
  await pages.shows('Confirm that it is you');
  await pages.inspect('mfa-authenticate');
  await pages.fill('Code', '000000');
  await pages.press('Confirm');
  await pages.says('This code is not right.');
  await pages.fill('Code', totp(secret, await service.advance(30)));
  await pages.press('Confirm');
  await pages.shows('Your account');

  await logOut(walk);
  await logIn(walk);
  await pages.press('Use a recovery code');
  await pages.inspect('mfa-authenticate-recovery');
  await pages.fill('Recovery code', codes[0]);
  await pages.press('Confirm');
  await pages.shows('Your account');

  await service.advance(400);
  await pages.follow('Two-factor security');
  await pages.says('9 of 10 codes are left.');
  await pages.inspect('mfa-active');
  await pages.follow('Remove the app');
  await pages.shows('Remove the authenticator app');
  await pages.inspect('totp-deactivate');
  await pages.press('Remove the app');
  await page.getByRole('dialog').getByRole('button', { name: 'Use the password' }).click();
  await confirm(walk);
  await pages.shows('Two-factor security');
  await pages.follow('Set up an app');
  await pages.shows('Set up an authenticator app');
});

pageWalk('a login waits too long for its second step', { settings: apps }, async (walk) => {
  const { service, pages } = walk;
  await signUp(walk);
  await setUpApp(walk);
  await confirm(walk);
  await pages.shows('Recovery codes');
  await logOut(walk);
  await logIn(walk);
  await pages.shows('Confirm that it is you');
  await service.advance(1000);
  await pages.fill('Code', '000000');
  await pages.press('Confirm');
  await pages.says('The login took too long. Please start over.');
  await logIn(walk);
  await pages.shows('Confirm that it is you');
  await pages.press('Cancel the login');
  await pages.shows('Log in');
});

pageWalk('new recovery codes', { settings: byCode, everywhere: true }, async (walk) => {
  const { page, pages } = walk;
  await signUp(walk);
  await pages.open('/accounts/2fa/recovery-codes/');
  await pages.says('You have no recovery codes yet.');
  await pages.inspect('recovery-codes-none');
  await pages.follow('Make new codes');
  await pages.press('Make new codes');
  await page.locator('[role=alert]').waitFor();
  await pages.inspect('recovery-codes-conflict');
});

const trusting = { ...apps, MFA_TRUST_ENABLED: true };

pageWalk('a trusted browser is not asked again', { settings: trusting, everywhere: true }, async (walk) => {
  const { service, pages } = walk;
  await signUp(walk);
  const secret = await setUpApp(walk);
  await confirm(walk);
  await pages.shows('Recovery codes');
  await logOut(walk);
  await logIn(walk);
  await pages.fill('Code', totp(secret, (await service.now()) + 30));
  await pages.press('Confirm');
  await pages.shows('Trust this browser?');
  await pages.inspect('mfa-trust');
  await pages.press('Trust this browser');
  await pages.shows('Your account');
  await logOut(walk);
  await logIn(walk);
  await pages.shows('Your account');
});

const passkeys = { LATCHKEY_PRESET: 'passkeys' };

pageWalk('passkeys are added, named, used and removed', { settings: passkeys, everywhere: true }, async (walk) => {
  const { page, pages } = walk;
  const authenticator = await addAuthenticator(page);
  await signUp(walk);
  await pages.open('/accounts/2fa/webauthn/');
  await pages.shows('Passkeys and security keys');
  await pages.inspect('webauthn-none');
  await pages.page.getByLabel('Name (optional)').fill('My laptop');
  await pages.press('Add the key');
  await confirm(walk);
  await pages.says('The key is added.');
  assert.equal((await authenticator.credentials()).length, 1);
  await pages.says('Passkey · Added');
  await pages.inspect('webauthn');
  await pages.press('Rename My laptop');
  await pages.inspect('webauthn-rename');
  await page.locator('.rows').getByLabel('Name').fill('Old laptop');
  await pages.press('Save');
  await pages.says('The key is renamed.');

  // A browser that does not offer passkeys in fields shows the button.
  await page.evaluate(() => (PublicKeyCredential.isConditionalMediationAvailable = async () => false));
  await logOut(walk);
  await pages.inspect('login-passkeys');
  await page.getByRole('button', { name: 'Log in with a passkey' }).click();
  await pages.shows('Your account');
  await page.reload();
  await pages.shows('Your account');

  // The browser offers passkeys in the field for the name. The virtual authenticator answers at once.
  const used = page.waitForResponse(
    (answer) => answer.url().endsWith('/auth/webauthn/login') && answer.request().method() === 'POST',
  );
  await pages.press('Log out');
  await used;
  await pages.shows('Your account');

  await pages.open('/accounts/2fa/webauthn/');
  await pages.press('Remove Old laptop');
  await page.getByRole('dialog', { name: 'Remove this key?' }).waitFor();
  await pages.inspect('confirm-dialog');
  await pages.press('Remove', page.getByRole('dialog'));
  await page
    .getByRole('dialog', { name: 'Confirm that it is you' })
    .getByRole('button', { name: 'Use the security key' })
    .click();
  await pages.says('The key is removed.');
  await pages.says('There are no keys in your account.');
});

const early = { settings: passkeys, everywhere: true };

pageWalk('the offer of a passkey does not disturb a login with the button', early, async ({ page, pages }) => {
  await page.addInitScript(() => {
    globalThis.asked = [];
    navigator.credentials.get = ({ mediation = 'optional', signal }) => {
      const call = { mediation, isAborted: false };
      globalThis.asked.push(call);
      signal.addEventListener('abort', () => (call.isAborted = true));
      return new Promise(() => {});
    };
  });
  const isAnswered = page.waitForResponse('**/auth/webauthn/login');
  const slowly = async (route) => (await pause(1000), route.continue());
  await page.route('**/auth/webauthn/login', slowly, { times: 1 });
  const isAsked = page.waitForRequest('**/auth/webauthn/login');
  await pages.open('/accounts/login/');
  await isAsked;
  await page.getByRole('button', { name: 'Log in with a passkey' }).click();
  await isAnswered;
  await pause(1500);
  assert.deepEqual(await page.evaluate(() => globalThis.asked), [{ mediation: 'optional', isAborted: false }]);
});

pageWalk(
  'signing up with a passkey and without a password',
  { settings: passkeys, everywhere: true },
  async ({ service, page, pages }) => {
    const authenticator = await addAuthenticator(page);
    await pages.open('/accounts/signup/');
    await pages.inspect('signup-passkeys');
    await pages.follow('Sign up with a passkey');
    await pages.shows('Sign up with a passkey');
    await pages.inspect('signup-passkey');
    await pages.fill('Email address', ADA);
    await pages.press('Continue');
    await pages.shows('Enter the code from your email');
    await pages.fill('Code', codeOf(await service.mail(ADA)));
    await pages.press('Confirm the address');
    await pages.shows('Create your passkey');
    await pages.inspect('signup-passkey-create');
    await pages.press('Create the passkey');
    await pages.shows('Your account');
    assert.equal((await authenticator.credentials()).length, 1);
  },
);

const keys = { ...byCode, MFA_SUPPORTED_TYPES: ['recovery_codes', 'totp', 'webauthn'] };

pageWalk('a security key is the second step', { settings: keys, everywhere: true }, async (walk) => {
  const { page, pages } = walk;
  await addAuthenticator(page, { transport: 'usb', hasResidentKey: false, hasUserVerification: false });
  await signUp(walk);
  await pages.open('/accounts/2fa/webauthn/');
  await pages.press('Add the key');
  await confirm(walk);
  await pages.says('The key is added.');
  await logOut(walk);
  await logIn(walk);
  await pages.shows('Confirm that it is you');
  await pages.inspect('mfa-authenticate-key');
  await pages.press('Use the security key');
  await pages.shows('Your account');
  await pages.open('/accounts/reauthenticate/');
  await pages.shows('Confirm that it is you');
  await pages.inspect('reauthenticate');
  await pages.press('Use the security key');
  await pages.says('Thank you. You can go on.');
});

pageWalk('sessions are listed and ended', { settings: byCode, everywhere: true }, async (walk) => {
  const { service, page, context, pages } = walk;
  await signUp(walk);
  const other = await fetch(`http://127.0.0.1:${service.port}/_allauth/app/v1/auth/login`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      'User-Agent': 'Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0',
    },
    body: JSON.stringify({ email: ADA, password: PASSWORD }),
  });
  assert.equal(other.status, 200);
  await pages.follow('Sessions');
  await pages.says('Firefox on Windows');
  await pages.says('This session');
  await pages.inspect('sessions');
  await pages.press('End the session of Firefox on Windows');
  await pages.says('The session is ended.');
  await pages.says('You are not logged in anywhere else.');

  // When another tab logs out, this one shows the login page.
  const tab = await context.newPage();
  await tab.goto(page.url());
  await tab.getByRole('button', { name: 'Log out' }).click();
  await tab.getByRole('heading', { level: 1, name: 'Log in' }).waitFor();
  await pages.shows('Log in');
});
