// The hosted pages, as people use them.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Functions } from './functions.mjs';
import { Service } from './service.mjs';
import { walk } from './walk.mjs';

const AXE = readFileSync(fileURLToPath(new URL('../node_modules/axe-core/axe.min.js', import.meta.url)), 'utf8');

/** A folder for pictures of each page, at three widths, light and dark. Without it there are none. */
const PICTURES = process.env.PICTURES;

/** `functions`: the walks are through the functions as they are deployed, if they can be. Otherwise through the local service. */
const ON_FUNCTIONS = process.env.LATCHKEY_WALK_ON === 'functions';

/** Starts the service that the walks are through. */
export const startService = ON_FUNCTIONS ? Functions.start : Service.start;

/** The address and password of the person who walks through the pages. */
export const ADA = 'ada@example.com';
export const PASSWORD = 'correct-Horse-42-battery';

/**
 * Defines a test on the hosted pages. `settings` are those of the service. `path` is the path of `PUBLIC_URL`. `everywhere`
 * says that the walk is possible on the functions too: it does not move the clock. The steps get `pages` beside what `walk`
 * gives them.
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

  /** Opens a path below that of the service. */
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

  /** Waits until the address is this path below that of the service. */
  async isAt(path) {
    const { origin, pathname } = new URL(this.url);
    const whole = pathname.replace(/\/$/, '') + path;
    await this.page.waitForURL((url) => url.origin === origin && [url.pathname, url.pathname + url.search].includes(whole));
  }

  /** Answers requests such as `GET /path` in place of the service. Without an answer, the service answers again. */
  async answer(request, answer) {
    const [method, path] = request.split(' ');
    await this.page.unroute(this.url + path);
    if (!answer) return;
    const reply = { contentType: 'application/json', body: '{}', ...answer };
    await this.page.route(this.url + path, (route) =>
      route.request().method() === method ? route.fulfill(reply) : route.fallback(),
    );
  }

  /** Takes the boot data out of every document, so that the pages have to ask for everything. */
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

  /** Finds nothing that is hard to use for somebody: by axe, in light and dark, and at 320 pixels nothing sticks out. */
  async inspect(name) {
    if (ON_FUNCTIONS) return; // the same files
    const { page } = this;
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const found = await axe(page);
      assert.deepEqual(found, [], `${name}, ${colorScheme}`);
    }
    for (const width of [320, 768, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      const excess = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(excess <= 0, `${name}: ${excess} pixels stick out at ${width}`);
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

/** Returns what axe finds on a page, in short. */
async function axe(page) {
  // The library goes in by the debugger's way: the page's own policy would refuse it.
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { violations } = await globalThis.axe.run(document, { resultTypes: ['violations'] });
    return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`));
  });
}
