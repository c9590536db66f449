// A walk: a test with a service, its host names and a browser of its own.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { launch } from './chromium.mjs';
import { startFront } from './front.mjs';
import { Service } from './service.mjs';

/** What a failed walk leaves is here. */
export const FAILURES = fileURLToPath(new URL('../../../target/browser/', import.meta.url));
const WALK_SECONDS = 60;

/**
 * Defines a test.
 *
 * - `settings`: those of the service, or a function that makes them from the port of the front and that of the service.
 * - `hosts`: what each host name serves, see `startFront`.
 * - `api`: the host of the service, or several. Without one, only its port on loopback reaches it.
 * - `lab`: whether the service has a lab, so that `service.advance` moves its clock.
 * - `users`: the accounts that exist at the start.
 * - `start`: starts the service. Without it, the walk is through the local service.
 * - `tls`: if false, addresses are `http://localhost` with the front's port.
 * - `context`: Playwright's options of the browser context.
 *
 * If the test fails, a picture of each open page, the browser's console and the service's log are left in
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
