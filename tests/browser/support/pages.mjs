// Drives the hosted pages as a user would.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Functions } from './functions.mjs';
import { Service } from './service.mjs';
import { walk } from './walk.mjs';

const AXE = readFileSync(fileURLToPath(new URL('../node_modules/axe-core/axe.min.js', import.meta.url)), 'utf8');

/** A folder for screenshots of each page, at three widths, light and dark. Without it none are made. */
const PICTURES = process.env.PICTURES;

/** Whether the walks use the functions as they are deployed (`functions`). Otherwise they use the local service. */
const ON_FUNCTIONS = process.env.LATCHKEY_WALK_ON === 'functions';

/** Starts the service that the walks use. */
export const startService = ON_FUNCTIONS ? Functions.start : Service.start;

/** The address and password of the user. */
export const ADA = 'ada@example.com';
export const PASSWORD = 'correct-Horse-42-battery';

/**
 * Defines a test on the hosted pages. `settings` are the settings of the service. `path` is the path of `PUBLIC_URL`.
 * `everywhere` means that the walk can also use the functions, because it does not move the clock. The steps get `pages` in
 * addition to the arguments that `walk` passes.
 */
export function pageWalk(name, { settings = {}, path = '', everywhere = false, ...options }, steps) {
  if (ON_FUNCTIONS && !everywhere) return test(name, { skip: 'it needs the local service' }, () => {});
  const all = (_, port) => ({ PUBLIC_URL: `http://localhost:${port}${path}`, ...settings });
  walk(name, { tls: false, lab: true, start: startService, ...options, settings: all }, async (parts) => {
    const url = `http://localhost:${parts.service.port}${path}`;
    await steps({ ...parts, pages: new Pages(parts.page, url, parts.console) });
  });
}

/** The pages of a service. */
export class Pages {
  constructor(page, url, console) {
    Object.assign(this, { page, url, console });
  }

  /** Opens a path of the service. */
  async open(path) {
    await this.page.goto(this.url + path);
  }

  fill(label, text) {
    return this.page.getByLabel(label, { exact: true }).fill(text);
  }

  press(name, where = this.page) {
    return where.getByRole('button', { name, exact: true }).click();
  }

  follow(name) {
    return this.page.getByRole('link', { name, exact: true }).first().click();
  }

  /** Waits for the page with this heading. */
  async shows(heading) {
    await this.page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
  }

  /** Waits for a text. */
  async says(text) {
    await this.page.getByText(text).first().waitFor();
  }

  /** Waits until the browser is at this path of the service. */
  async isAt(path) {
    const { origin, pathname } = new URL(this.url);
    const whole = pathname.replace(/\/$/, '') + path;
    await this.page.waitForURL((url) => url.origin === origin && [url.pathname, url.pathname + url.search].includes(whole));
  }

  /** Answers requests such as `GET /path` instead of the service. Without an answer, the service answers them again. */
  async answer(request, answer) {
    const [method, path] = request.split(' ');
    await this.page.unroute(this.url + path);
    if (!answer) return;
    const reply = { contentType: 'application/json', body: '{}', ...answer };
    await this.page.route(this.url + path, (route) =>
      route.request().method() === method ? route.fulfill(reply) : route.fallback(),
    );
  }

  /** Removes the boot data from every document, so that the pages must request all data. */
  async withoutBootData() {
    await this.page.route(
      ({ pathname }) => pathname.startsWith('/accounts/'),
      async (route) => {
        const response = await route.fetch();
        const body = (await response.text()).replace(/<script type="application\/json".*?<\/script>/, '');
        await route.fulfill({ response, body });
      },
    );
  }

  /**
   * Checks that axe finds no accessibility problem, in light and dark mode, that the page fits at each width, and that the
   * console has no errors.
   */
  async inspect(name) {
    if (ON_FUNCTIONS) return; // the local service has the same files
    const { page } = this;
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const found = await axe(page);
      assert.deepEqual(found, [], `${name}, ${colorScheme}`);
    }
    for (const width of [320, 768, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(excess <= 0, `${name}: ${excess} pixels too wide at ${width}`);
      if (PICTURES) await this.#picture(name, width);
    }
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'no-preference' });
    assert.deepEqual(
      this.console.filter((line) => /Content.Security.Policy|^error: (?!Failed to load resource)/i.test(line)),
      [],
      name,
    );
  }

  async #picture(name, width) {
    mkdirSync(PICTURES, { recursive: true });
    for (const colorScheme of ['light', 'dark']) {
      await this.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await this.page.screenshot({ path: join(PICTURES, `${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
  }
}

/** Returns a line for each problem that axe finds on a page. */
async function axe(page) {
  // `evaluate` injects the library through the debugger. The page's policy would refuse a script element.
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`));
  });
}
