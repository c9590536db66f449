// The hosted pages, as the service serves them: documents from `functions/pages/dist` with boot data and its policy.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { forward } from './front.mjs';
import { walk } from './walk.mjs';

const DIST = fileURLToPath(new URL('../../../functions/pages/dist/', import.meta.url));
const AXE = readFileSync(fileURLToPath(new URL('../node_modules/axe-core/axe.min.js', import.meta.url)), 'utf8');
const BASE = '/_latchkey/pages/';
const TYPES = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json' };
const { routes } = JSON.parse(readFileSync(join(DIST, 'routes.json'), 'utf8'));

/** A folder for pictures of each page, at three widths, light and dark. Without it there are none. */
const PICTURES = process.env.PICTURES;

/** The address and password of the person who walks through the pages. */
export const ADA = 'ada@example.com';
export const PASSWORD = 'correct-Horse-42-battery';

const policy = (leadsTo) =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: https:",
    "connect-src 'self'",
    `form-action 'self' ${leadsTo.join(' ')}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ');

/**
 * Defines a test on the hosted pages, which stand on `http://localhost` in front of the service. `settings` are those of the
 * service, `boot` is what the document says of them; if `isPlain`, it says nothing more. The steps get `pages` beside what `walk` gives them.
 */
export function pageWalk(name, { settings = {}, boot = {}, isPlain = false, leadsTo = [], ...options }, steps) {
  const site = { isPlain, leadsTo };
  const serve = (incoming, outgoing) => servePages(site, incoming, outgoing);
  const all = (port) => ({
    PUBLIC_URL: `http://localhost:${port}`,
    ...(typeof settings === 'function' ? settings(port) : settings),
  });
  walk(name, { lab: true, tls: false, ...options, settings: all, hosts: { localhost: serve } }, async (parts) => {
    const url = `http://localhost:${parts.front.port}`;
    Object.assign(site, { service: parts.service, boot: { publicUrl: url, ...boot }, answers: new Map() });
    await steps({ ...parts, pages: new Pages(parts.page, url, site, parts.console) });
  });
}

function servePages(site, incoming, outgoing) {
  const { pathname } = new URL(incoming.url, 'http://localhost');
  const answer = site.answers.get(`${incoming.method} ${pathname}`);
  if (answer)
    return outgoing
      .writeHead(answer.status, { 'Content-Type': 'application/json', ...answer.headers })
      .end(answer.body ?? '{}');
  if (pathname.startsWith(BASE)) return serveFile(pathname.slice(BASE.length), outgoing);
  const isPage = incoming.method === 'GET' && (isRoute(pathname) || pathname === '/accounts/nowhere/');
  if (!isPage) return forward(site.service.port, incoming, outgoing);
  void serveDocument(site, incoming, outgoing);
}

/** Answers with the document. As the service does, it tells people without a session that they have none. */
async function serveDocument(site, incoming, outgoing) {
  const ask = async (path) => {
    const answer = await fetch(`http://127.0.0.1:${site.service.port}/_allauth/browser/v1/${path}`);
    return { cookies: answer.headers.getSetCookie(), body: await answer.json() };
  };
  const facts = {};
  const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': policy(site.leadsTo) };
  if (!site.isPlain) {
    facts.configuration = (await ask('config')).body.data;
    if (!/sessionid=/.test(incoming.headers.cookie ?? '')) {
      const { body, cookies } = await ask('auth/session');
      facts.session = body;
      if (!/csrftoken=/.test(incoming.headers.cookie ?? '')) headers['Set-Cookie'] = cookies;
    }
  }
  const boot = JSON.stringify({ ...facts, ...site.boot }).replaceAll('<', '\\u003c');
  const script = `<script type="application/json" id="latchkey">${boot}</script>`;
  const html = readFileSync(join(DIST, 'index.html'), 'utf8').replace('<!--latchkey-->', () => script);
  outgoing.writeHead(200, headers).end(html);
}

function isRoute(path) {
  const fits = (pattern) => new RegExp(`^${pattern.replace('{key}', '[^/]+')}$`).test(path);
  return routes.some((route) => [route.path, ...route.aliases].some(fits));
}

function serveFile(name, outgoing) {
  try {
    const bytes = readFileSync(join(DIST, name));
    outgoing.writeHead(200, { 'Content-Type': TYPES[extname(name)], 'Cache-Control': 'no-cache' }).end(bytes);
  } catch {
    outgoing.writeHead(404).end();
  }
}

/** The pages, as people use them. */
class Pages {
  #pictures = 0;

  constructor(page, url, site, console) {
    Object.assign(this, { page, url, site, console });
  }

  /** Opens a path. */
  async open(path) {
    await this.page.goto(new URL(path, this.url).href);
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

  /** Waits until the address is this path. */
  async isAt(path) {
    await this.page.waitForURL((url) => url.pathname + url.search === path || url.pathname === path);
  }

  /** Answers requests to a path in place of the service. Without an answer, the service answers again. */
  answer(request, answer) {
    if (answer) this.site.answers.set(request, answer);
    else this.site.answers.delete(request);
  }

  /** Finds nothing that is hard to use for somebody: by axe, in light and dark, and at 320 pixels nothing sticks out. */
  async inspect(name) {
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
