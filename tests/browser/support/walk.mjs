// A walk is a test with its own service, host names and browser.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch } from './chromium.mjs';
import { startFront } from './front.mjs';
import { Service } from './service.mjs';

/** The folder for the files of failed walks. */
export const FAILURES = fileURLToPath(new URL('../../../target/browser/', import.meta.url));
const WALK_SECONDS = 60;

/**
 * Defines a test.
 *
 * - `settings`: the service's settings, or a function that returns them for the ports of the front and of the service.
 * - `hosts`: the content of each host name, see `startFront`.
 * - `api`: the host name of the service, or several. Without one, the service is reached only by its loopback port.
 * - `lab`: whether the service has a lab, so that `service.advance` moves its clock.
 * - `users`: the accounts that exist at the start.
 * - `start`: starts the service. The default is the local service.
 * - `tls`: if false, URLs are `http://localhost` with the front's port.
 * - `context`: Playwright's options of the browser context.
 *
 * If the test fails, a screenshot of each open page, the browser's console and the service's log are written to
 * `target/browser`.
 */
export function walk(name, { settings, hosts = {}, api, lab = false, users, tls = true, start = Service.start, context: options }, steps) {
  test(name, { timeout: WALK_SECONDS * 1000 }, async () => {
    const console = [];
    const served = { ...hosts };
    let service, front, browser, context;
    try {
      front = await startFront(served, { tls });
      const given = typeof settings === 'function' ? (port) => settings(front.port, port) : settings;
      service = await start(given, { lab, users });
      for (const host of [api ?? []].flat()) served[host] = service;
      browser = await launch(front);
      context = await browser.newContext(options);
      context.setDefaultTimeout(10_000);
      context.on('console', (message) => console.push(`${message.type()}: ${message.text()}`));
      context.on('weberror', (error) => console.push(`error: ${error.error()}`));
      const page = await context.newPage();
      await steps({ service, front, context, page, console });
    } catch (error) {
      await keep(name, context, console, service, error);
      throw error;
    } finally {
      await browser?.close();
      front?.close();
      await service?.stop();
    }
  });
}

async function keep(name, context, console, service, error) {
  const path = join(FAILURES, name.replace(/\W+/g, '-'));
  await mkdir(FAILURES, { recursive: true });
  for (const [number, page] of (context?.pages() ?? []).entries()) {
    await page.screenshot({ path: `${path}-${number}.png` }).catch(() => {});
  }
  await writeFile(`${path}.log`, [error.stack, '', ...console, '', service?.log ?? 'no service'].join('\n'));
}
