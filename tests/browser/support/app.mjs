// Drives the frontend of `pages/app` as a user would.

import assert from 'node:assert/strict';

export const ADA = 'ada@example.com';
const PASSWORD = 'correct-Horse-42-battery';

/** Opens the frontend in a page or frame. Returns functions that fill in its fields and press its buttons. */
export async function open(page, url) {
  await page.goto(url);
  return use(page);
}

/** Like `open`, for a frontend that is already open. */
export function use(page) {
  const status = page.locator('#status');
  const settled = () =>
    page.waitForFunction(() => !['-', '…'].includes(document.getElementById('status')?.textContent ?? '-'));
  const becomes = async (expected) => {
    await settled();
    assert.equal(await status.textContent(), expected);
  };
  const press = async (button, expected) => {
    // When it is loaded, the frontend requests the session. The answer sets the CSRF cookie that the button needs.
    await settled();
    await page.getByRole('button', { name: button, exact: true }).click();
    await becomes(expected);
  };
  const fill = (label, text) => page.getByLabel(label, { exact: true }).fill(text);
  return { becomes, press, fill };
}

/** Returns the code in the latest mail to Ada. */
export async function readCode(service) {
  return (await service.mail(ADA)).text.match(/^\s*([A-Z0-9]{4}-[A-Z0-9]{4})\s*$/m)[1];
}

/** Signs Ada up. */
export async function signUpByPassword(service, { press, fill }) {
  await fill('Email', ADA);
  await fill('Password', PASSWORD);
  await press('Sign up', '401 verify_email');
  await fill('Code', await readCode(service));
  await press('Verify the address', `200 ${ADA}`);
}

/** Presses a button for which the API asks Ada to confirm her password first, as it does right after a signup. */
export async function confirmAndPress({ press, fill }, button, expected) {
  await press(button, '401 reauthenticate');
  await fill('Password', PASSWORD);
  await press('Confirm the password', `200 ${ADA}`);
  await press(button, expected);
}

/** Logs Ada in with her password. */
export async function logIn({ press, fill }, expected) {
  await fill('Email', ADA);
  await fill('Password', PASSWORD);
  await press('Log in', expected);
}
