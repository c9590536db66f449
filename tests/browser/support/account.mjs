// Steps on the hosted pages that several walks share.

import { ADA, PASSWORD } from './pages.mjs';

/** Settings that verify addresses by a code. */
export const byCode = { ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED: true };

/** Returns the code in a mail or text message. */
export const codeOf = ({ text }) => text.match(/^\s*([A-Z0-9]{4}-[A-Z0-9]{4})\s*$/m)[1];

/** Returns the path of the link in a mail. */
export const linkOf = ({ text }) => new URL(text.match(/http:\S+/)[0]).pathname;

/** Signs Ada up in a service that verifies addresses by a code. */
export async function signUp({ service, pages }) {
  await pages.open('/accounts/signup/');
  await pages.fill('Email address', ADA);
  await pages.fill('Password', PASSWORD);
  await pages.press('Create the account');
  await pages.shows('Enter the code from your email');
  await pages.fill('Code', codeOf(await service.mail(ADA)));
  await pages.press('Confirm the address');
  await pages.shows('Your account');
}

/** Fills in the login form. */
export async function logIn({ pages }, password = PASSWORD) {
  await pages.fill('Email address', ADA);
  await pages.fill('Password', password);
  await pages.press('Log in');
}

/** Logs out. */
export async function logOut({ pages }) {
  await pages.press('Log out');
  await pages.shows('Log in');
}

/** Enters the password in the dialog that asks for reauthentication. */
export async function confirm({ page }) {
  const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' });
  await dialog.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Confirm' }).click();
  await dialog.waitFor({ state: 'hidden' });
}
