// Several tabs of an app with the TypeScript client, for an hour: nobody is logged out.

import assert from 'node:assert/strict';
import { ADA, PASSWORD } from '../support/pages.mjs';
import { Tabs } from '../support/tabs.mjs';
import { walk } from '../support/walk.mjs';

const REFRESH = '**/tokens/refresh';
/** Minutes that an access token lasts: the default of `HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN`. */
const LIFETIME = 5;
const ALL_FINE = [200, 200, 200];

const users = [{ email: ADA, password: PASSWORD, verified: true }];
const at = (settings) => (_, port) => ({ PUBLIC_URL: `http://localhost:${port}`, ...settings });
const cookies = { settings: at({}), lab: true, users, tls: false };
const tokens = { ...cookies, settings: at({ HEADLESS_TOKEN_STRATEGY: 'jwt' }) };

/** Opens three tabs, logs in in the first, and lets the others notice. */
async function openThree(walk, client) {
  const tabs = await Tabs.open(walk, 3, { client });
  const credentials = { email: ADA, password: PASSWORD };
  const result = await tabs.pages[0].evaluate((body) => globalThis.accounts.login(body), credentials);
  assert.ok(result.ok, JSON.stringify(result));
  const isLoggedIn = () => globalThis.accounts.getSnapshot().status === 'authenticated';
  for (const page of tabs.pages) await page.waitForFunction(isLoggedIn, undefined, { polling: 50 });
  return tabs;
}

/** Fails if a tab is logged out. */
async function assertLoggedIn(tabs, when) {
  assert.deepEqual(await tabs.statuses(), tabs.pages.map(() => 'authenticated'), when);
}

/** Fails if tabs sent the same refresh token, or if there were not about `expected` refreshes. */
function assertRefreshedOnce({ refreshed }, expected) {
  assert.equal(new Set(refreshed).size, refreshed.length, 'each token is refreshed once');
  assert.ok(Math.abs(refreshed.length - expected) <= 1, `${refreshed.length} refreshes`);
}

walk('three tabs of an app with tokens live for an hour', tokens, async (walk) => {
  const tabs = await openThree(walk, 'app');
  await tabs.live(60, async (minute) => {
    await assertLoggedIn(tabs, `minute ${minute}`);
    assert.deepEqual(await tabs.answers(), ALL_FINE, `minute ${minute}`);
  });
  assertRefreshedOnce(tabs, 60 / LIFETIME);
});

walk('three tabs of an app with a cookie live for an hour', cookies, async (walk) => {
  const tabs = await openThree(walk, 'browser');
  await tabs.live(60, (minute) => assertLoggedIn(tabs, `minute ${minute}`));
  assert.deepEqual(tabs.refreshed, []);
});

walk('a tab that sleeps, and a closed lid', tokens, async (walk) => {
  const { service, context } = walk;
  const tabs = await openThree(walk, 'app');
  const [, , sleeper] = tabs.pages;
  await sleeper.evaluate(() => void (globalThis.isAsleep = true));
  await tabs.live(30);
  await sleeper.evaluate(() => void (globalThis.isAsleep = false));
  await tabs.live(1);
  await assertLoggedIn(tabs, 'after the sleep of one tab');
  assert.deepEqual(await tabs.answers(), ALL_FINE);
  assertRefreshedOnce(tabs, 30 / LIFETIME);

  // All tabs wake at once, long after the access token has expired.
  await service.advance(3600);
  await context.clock.fastForward(3600 * 1000);
  await tabs.settled();
  await assertLoggedIn(tabs, 'after the lid was closed');
  assert.deepEqual(await tabs.answers(), ALL_FINE);
  assertRefreshedOnce(tabs, 30 / LIFETIME + 1);
});

walk('a tab is closed in the middle of a refresh', tokens, async (walk) => {
  const { context } = walk;
  const tabs = await openThree(walk, 'app');
  await tabs.live(LIFETIME - 1);
  let closing;
  const lose = async (route) => {
    await route.fetch();
    closing = tabs.close(route.request().frame().page());
  };
  await context.route(REFRESH, lose, { times: 1 });
  // The evaluation in the closed tab ends with it.
  await tabs.live(1).catch((error) => assert.match(String(error), /closed/));
  await closing;
  await tabs.settled();
  assert.equal(tabs.pages.length, 2);
  await assertLoggedIn(tabs, 'after a tab was closed');
  assert.equal(tabs.refreshed.length, 1, 'another tab asked again');
  await tabs.live(30, (minute) => assertLoggedIn(tabs, `minute ${minute}`));
});

walk('the network fails during a refresh', tokens, async (walk) => {
  const { context } = walk;
  const tabs = await openThree(walk, 'app');
  await tabs.live(LIFETIME - 1);

  // The service has answered, and no answer arrives.
  const lose = async (route) => (await route.fetch(), route.abort());
  await context.route(REFRESH, lose);
  await tabs.live(1);
  await assertLoggedIn(tabs, 'while answers are lost');
  assert.deepEqual(tabs.refreshed, []);
  await context.unroute(REFRESH, lose);
  await tabs.poll();
  await assertLoggedIn(tabs, 'after answers were lost');
  assert.deepEqual(await tabs.answers(), ALL_FINE);
  assert.equal(tabs.refreshed.length, 1);

  // Nothing gets through for a quarter of an hour.
  await context.setOffline(true);
  await tabs.live(15, (minute) => assertLoggedIn(tabs, `offline, minute ${minute}`));
  await context.setOffline(false);
  await tabs.live(1);
  await assertLoggedIn(tabs, 'online again');
  assert.deepEqual(await tabs.answers(), ALL_FINE);
  assert.equal(tabs.refreshed.length, 2);
  await tabs.live(30, (minute) => assertLoggedIn(tabs, `minute ${minute}`));
});
