// The example React page as `npm run build` makes it. `just examples` builds it.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../support/service.mjs';
import { walk } from '../support/walk.mjs';

const EXAMPLE = fileURLToPath(new URL('../../../examples/react/', import.meta.url));
const VITE = fileURLToPath(new URL('../../../examples/react/node_modules/vite/bin/vite.js', import.meta.url));
const ADA = 'ada@example.com';
const PASSWORD = 'correct-Horse-42-battery';
const port = await freePort();
const url = `http://localhost:${port}`;

/** Serves the built page and forwards its API calls to the service. Returns a function that stops the server. */
async function serve(service) {
  const env = { ...process.env, LATCHKEY: `http://127.0.0.1:${service.port}` };
  const server = spawn(process.execPath, [VITE, 'preview', '--port', `${port}`], { cwd: EXAMPLE, env, stdio: 'ignore' });
  const answers = () => fetch(url).then((answer) => answer.ok, () => false);
  for (const end = Date.now() + 20_000; !(await answers()); await pause(50)) {
    assert.ok(server.exitCode === null && Date.now() < end, 'the page is not served: was it built?');
  }
  return async () => {
    server.kill();
    await once(server, 'exit');
  };
}

walk('the React page signs up, verifies, logs in and logs out', { settings: { PUBLIC_URL: url } }, async (walk) => {
  const { service, page, console } = walk;
  const stop = await serve(service);
  try {
    const heading = (name) => page.getByRole('heading', { name, exact: true }).waitFor();
    const press = (name) => page.getByRole('button', { name, exact: true }).click();
    const fill = async (password) => {
      await page.getByLabel('Email', { exact: true }).fill(ADA);
      await page.getByLabel('Password', { exact: true }).fill(password);
    };
    await page.goto(url);
    await heading('Log in');
    await press('I am new here');
    await fill('short');
    await press('Sign up');
    await page.getByRole('alert').first().waitFor();
    await fill(PASSWORD);
    await press('Sign up');
    await heading('Check your mail');

    await page.goto((await service.mail(ADA)).text.match(/http:\S+/)[0]);
    await press('Verify');
    await heading('Your address is verified');
    await page.getByRole('link', { name: 'Continue' }).click();
    await heading('Log in');

    await fill('another-Zebra-77-staple');
    await press('Log in');
    assert.match(await page.getByRole('alert').textContent(), /not correct/);
    await fill(PASSWORD);
    await press('Log in');
    await heading(`Hello, ${ADA}`);
    await page.reload();
    await heading(`Hello, ${ADA}`);
    await press('Log out');
    await page.getByRole('status').waitFor();
    await page.reload();
    await heading('Log in');
    const unexpected = console.filter((line) => !/status of 4\d\d/.test(line));
    assert.deepEqual(unexpected, []);
  } finally {
    await stop();
  }
});
