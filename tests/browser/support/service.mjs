// The local service as a child process, and the mails that it sends.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseMail } from './mail.mjs';

const BINARY = process.env.LATCHKEY_BIN ?? fileURLToPath(new URL('../../../target/debug/latchkey', import.meta.url));
const START_SECONDS = 20;
const MAIL_SECONDS = 5;

/** Returns a free port of the loopback interface. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** Converts settings to environment variables. */
function textOf(settings) {
  const text = (value) => (typeof value === 'string' ? value : JSON.stringify(value));
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, text(value)]));
}

export class Service {
  /**
   * Starts the service on a free port, with an empty table in memory. Settings are strings, values that are written as
   * JSON, or a function that returns them for a port. Throws an error with the service's log if it does not start. With
   * `lab`, `advance` moves its clock. `users` are accounts that exist at the start, see `latchkey --help`.
   */
  static async start(settings = {}, { lab = false, users } = {}) {
    const service = new Service();
    service.port = await freePort();
    service.folder = await mkdtemp(join(tmpdir(), 'latchkey-'));
    service.outbox = join(service.folder, 'outbox');
    await mkdir(service.outbox);
    const given = textOf(typeof settings === 'function' ? settings(service.port) : settings);
    const options = ['--listen', `127.0.0.1:${service.port}`, '--data', ':memory:', '--outbox', service.outbox];
    if (users) {
      const file = join(service.folder, 'users.json');
      await writeFile(file, JSON.stringify(users));
      options.push('--users', file);
    }
    const command = lab ? ['serve', '--lab'] : [];
    const { PATH, CONTRACT_SEEN } = process.env;
    const env = { PATH, ...(CONTRACT_SEEN && { CONTRACT_SEEN }), ...given };
    service.process = spawn(BINARY, [...command, ...options], { env });
    service.log = '';
    service.process.stderr.on('data', (data) => (service.log += data));
    try {
      await service.#ready();
    } catch (error) {
      await service.stop();
      throw error;
    }
    return service;
  }

  #ready() {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the service is not ready: ${this.log}`)), START_SECONDS * 1000);
      const done = (settle) => (clearTimeout(timer), settle());
      this.process.stdout.on('data', (data) => `${data}`.includes('Latchkey is ready') && done(resolve));
      this.process.on('error', (error) => done(() => reject(error)));
      this.process.on('close', () => done(() => reject(new Error(this.log))));
    });
  }

  /** Returns the mails to an address, the latest first: `to`, `subject` and `text` of each. */
  async mails(to) {
    const names = (await readdir(this.outbox)).filter((name) => /^[^.].*\.eml$/.test(name)).sort().reverse();
    const mails = await Promise.all(names.map(async (name) => parseMail(await readFile(join(this.outbox, name)))));
    return mails.filter((mail) => mail.to === to);
  }

  /** Returns the latest mail to an address, once there is one. */
  async mail(to) {
    for (const end = Date.now() + MAIL_SECONDS * 1000; Date.now() < end; await pause(20)) {
      const [latest] = await this.mails(to);
      if (latest) return latest;
    }
    throw new Error(`no mail to ${to}`);
  }

  /** Returns the latest text message to a number, once there is one. */
  async text(to) {
    for (const end = Date.now() + MAIL_SECONDS * 1000; Date.now() < end; await pause(20)) {
      const names = (await readdir(this.outbox)).filter((name) => /^[^.].*\.sms$/.test(name)).sort().reverse();
      const texts = await Promise.all(names.map((name) => readFile(join(this.outbox, name), 'utf8')));
      const latest = texts.find((text) => text.includes(to));
      if (latest) return { text: latest };
    }
    throw new Error(`no text message to ${to}`);
  }

  /** Moves the clock of a service with a lab forward by this number of seconds. Returns the new time. */
  async advance(seconds) {
    const url = `http://127.0.0.1:${this.port}/_latchkey/lab/clock`;
    const headers = { 'Content-Type': 'application/json' };
    const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ advance: seconds }) });
    if (!answer.ok) throw new Error(`the clock cannot be moved: ${answer.status}`);
    return (await answer.json()).now;
  }

  /** Returns the time of the service in seconds since 1970. */
  now() {
    return this.advance(0);
  }

  /** Ends the process and deletes its mails. */
  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null && this.process.kill()) {
      await once(this.process, 'exit');
    }
    await rm(this.folder, { recursive: true });
  }
}
