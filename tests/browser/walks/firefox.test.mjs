// The hosted pages in Firefox: signup, login, and an authenticator app. Without Firefox, this walk is skipped.

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { byCode, codeOf } from '../support/account.mjs';
import { ADA, PASSWORD, startService } from '../support/pages.mjs';
import { totp } from '../support/totp.mjs';
import { FAILURES } from '../support/walk.mjs';

const EXECUTABLE = process.env.FIREFOX_BIN ?? ['/usr/bin/firefox', '/usr/bin/firefox-esr'].find(existsSync);
const skip = EXECUTABLE ? false : 'Firefox is not installed';
const settings = (port) => ({ PUBLIC_URL: `http://localhost:${port}`, ...byCode, MFA_TOTP_TOLERANCE: 1 });

test('signup, login and an authenticator app in Firefox', { skip, timeout: 90_000 }, async () => {
  let service, browser, page;
  try {
    service = await startService(settings, { lab: true });
    browser = await puppeteer.launch({ browser: 'firefox', executablePath: EXECUTABLE });
    page = await browser.newPage();
    page.setDefaultTimeout(15_000);
    const shows = (heading) => page.waitForSelector(`::-p-xpath(//h1[normalize-space()="${heading}"])`);
    const fill = (name, text) => page.locator(`[name=${name}]`).fill(text);
    const press = (name) => page.locator(`::-p-xpath(//*[self::button or self::a][normalize-space()="${name}"])`).click();

    await page.goto(`http://localhost:${service.port}/`);
    await shows('Log in');
    await press('Create an account');
    await shows('Create an account');
    await fill('email', ADA);
    await fill('password', PASSWORD);
    await press('Create the account');
    await shows('Enter the code from your email');
    await fill('code', codeOf(await service.mail(ADA)));
    await press('Confirm the address');
    await shows('Your account');

    await press('Two-factor security');
    await shows('Two-factor security');
    await press('Set up an app');
    await shows('Set up an authenticator app');
    const text = await page.$eval('.secret code', (element) => element.textContent);
    const secret = text.replaceAll(' ', '');
    await fill('code', totp(secret, await service.now()));
    await press('Activate');
    await page.locator('dialog [name=password]').fill(PASSWORD);
    await page.locator('dialog button[type=submit]').click();
    await shows('Recovery codes');

    await press('Log out');
    await shows('Log in');
    await fill('login', ADA);
    await fill('password', PASSWORD);
    await press('Log in');
    await shows('Confirm that it is you');
    await fill('code', totp(secret, (await service.now()) + 30));
    await press('Confirm');
    await shows('Your account');
  } catch (error) {
    await mkdir(FAILURES, { recursive: true });
    await page?.screenshot({ path: `${FAILURES}firefox.png` });
    throw error;
  } finally {
    await browser?.close();
    await service?.stop();
  }
});
