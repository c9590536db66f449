// The pages that show the descriptions of the APIs.

import assert from 'node:assert/strict';
import { pageWalk } from '../support/pages.mjs';

const settings = { HEADLESS_SERVE_SPECIFICATION: true };

for (const [path, document] of [
  ['/_latchkey/openapi.html', 'Latchkey'],
  ['/_allauth/openapi.html', 'Latchkey: the headless API'],
]) {
  pageWalk(`${path} lists the operations and loads nothing from elsewhere`, { settings, path: '/people' }, async (walk) => {
    const { page, pages, console } = walk;
    const requests = [];
    page.on('request', (request) => requests.push(new URL(request.url())));
    await pages.open(path);
    await page.getByRole('heading', { name: new RegExp(`^${document}`) }).first().waitFor();
    // Swagger UI has taken the place of the table.
    const operation = page.locator('.opblock', { hasText: 'Log in with a password' }).first();
    await operation.getByRole('button').first().click();
    await operation.getByText('The user is logged in.').first().waitFor();
    assert.equal(await page.locator('#description > main > table').count(), 0);

    const { host, pathname } = new URL(pages.url);
    const files = requests.filter((url) => url.protocol !== 'data:');
    assert.ok(files.length >= 4, 'the page, a script, a style sheet, the description');
    assert.deepEqual(files.filter((url) => url.host !== host).map(String), []);
    assert.ok(files.every((url) => url.pathname.startsWith(`${pathname}/_`)), files.join(' '));
    assert.deepEqual(console, []);
  });
}

pageWalk('without the hosted pages a table lists the operations', { settings: { ...settings, LATCHKEY_PAGES: false } }, async (walk) => {
  const { page, pages } = walk;
  await pages.open('/_latchkey/openapi.html');
  await page.getByRole('cell', { name: 'Log in with a password' }).first().waitFor();
  await pages.inspect('description');
});
