// Makes the pictures of the README. `just pictures` runs it.

import { mkdir } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { byCode, signUp } from '../support/account.mjs';
import { ADA, PASSWORD, pageWalk } from '../support/pages.mjs';

const FOLDER = fileURLToPath(new URL('../../../docs/pictures/', import.meta.url));
const settings = {
  ...byCode,
  MFA_SUPPORTED_TYPES: ['totp', 'webauthn', 'recovery_codes'],
  MFA_PASSKEY_LOGIN_ENABLED: true,
};
const context = { viewport: { width: 1200, height: 700 } };

const define = process.env.README_PICTURES ? pageWalk : (name) => test(name, { skip: 'README_PICTURES is not set' }, () => {});

define('pictures for the README', { settings, context }, async (walk) => {
  const { page, pages } = walk;
  const take = (name) => page.screenshot({ path: `${FOLDER}${name}.png`, animations: 'disabled', caret: 'hide' });
  await mkdir(FOLDER, { recursive: true });
  await pages.open('/accounts/login/');
  await pages.shows('Log in');
  await pages.fill('Email address', ADA);
  await pages.fill('Password', PASSWORD);
  await take('login');
  await signUp(walk);
  await page.mouse.move(0, 0);
  await page.locator('h1').blur();
  await take('account');
});
