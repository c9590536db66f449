// Tabs of one browser with an app that uses the TypeScript client, and a clock that a walk moves.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const CLIENT = fileURLToPath(new URL('../../../clients/js/', import.meta.url));
const MODULES = {
  latchkey: '/modules/dist/index.js',
  'openapi-fetch': '/modules/node_modules/openapi-fetch/dist/index.mjs',
};

/** How often the app asks for its session, in seconds. */
export const POLL = 60;

/** The app: it asks for its session, and its own API, again and again. `work` is what it does at the moment. */
const app = (options) => `<!doctype html><meta charset="utf-8"><title>App</title>
<script type="importmap">${JSON.stringify({ imports: MODULES })}</script>
<script type="module">
  import { createClient } from 'latchkey';
  globalThis.accounts = createClient({ baseUrl: '', storage: localStorage, ...${JSON.stringify(options)} });
  globalThis.work = accounts.load();
  globalThis.poll = async () => {
    await accounts.reload();
    globalThis.answer = (await accounts.fetch('/api/notes')).status;
  };
  setInterval(() => globalThis.isAsleep || (globalThis.work = poll()), ${POLL} * 1000);
</script>`;

export class Tabs {
  /** Opens tabs with the app. `options` are those of the client. */
  static async open({ service, context }, count, options) {
    if (!existsSync(`${CLIENT}dist/index.js`)) throw new Error('the client is not built: npm run build in clients/js');
    const it = new Tabs();
    Object.assign(it, { service, context, refreshed: [] });
    context.on('response', (answer) => {
      const isRefresh = answer.url().endsWith('/tokens/refresh') && answer.ok();
      if (isRefresh) it.refreshed.push(answer.request().postDataJSON().refresh_token);
    });
    await context.clock.install({ time: (await service.now()) * 1000 });
    const url = `http://localhost:${service.port}/app/`;
    await context.route(url, (route) => route.fulfill({ contentType: 'text/html', body: app(options) }));
    await context.route('**/modules/**', (route) => {
      const { pathname } = new URL(route.request().url());
      return route.fulfill({ path: CLIENT + pathname.slice('/modules/'.length) });
    });
    await context.route('**/api/notes', (route) => it.#answer(route));
    it.pages = await Promise.all(Array.from({ length: count }, () => context.newPage()));
    for (const page of it.pages) await page.goto(url);
    await it.settled();
    return it;
  }

  /** Answers a request to the app's own API: 200 while the access token is valid. */
  async #answer(route) {
    const [, payload] = route.request().headers().authorization?.split('.') ?? [];
    const isValid = payload && JSON.parse(Buffer.from(payload, 'base64url')).exp > (await this.service.now());
    await route.fulfill({ status: isValid ? 200 : 401 });
  }

  /** Lets every tab ask at once. */
  async poll() {
    await Promise.all(this.pages.map((page) => page.evaluate(() => (globalThis.work = globalThis.poll()))));
  }

  /** Waits for what the tabs do. */
  settled() {
    return Promise.all(this.pages.map((page) => page.evaluate(() => globalThis.work)));
  }

  /** Lets time pass, minute by minute. Calls `check` after each. */
  async live(minutes, check = () => {}) {
    for (let minute = 1; minute <= minutes; minute++) {
      await this.service.advance(60);
      await this.context.clock.runFor(60_000);
      await this.settled();
      await check(minute);
    }
  }

  /** Returns the status of the session in each tab. */
  statuses() {
    return Promise.all(this.pages.map((page) => page.evaluate(() => globalThis.accounts.getSnapshot().status)));
  }

  /** Returns what the app's own API answered each tab last. */
  answers() {
    return Promise.all(this.pages.map((page) => page.evaluate(() => globalThis.answer)));
  }

  /** Closes a tab. */
  async close(page) {
    this.pages = this.pages.filter((other) => other !== page);
    await page.close();
  }
}
