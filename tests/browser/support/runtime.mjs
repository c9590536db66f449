// Functions as Lambda runs them: the real binaries, each under its own Runtime API (version 2018-06-01).

import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const INVOCATION = '/2018-06-01/runtime/invocation/';
const START_SECONDS = 20;
const TIMEOUT_SECONDS = 60;

/** Returns a function's binary, from the folder in `LATCHKEY_TEST_FUNCTIONS` if it is set, or as `cargo build` makes it. */
function binaryOf(name) {
  const folder = process.env.LATCHKEY_TEST_FUNCTIONS;
  return folder ? join(ROOT, folder, name, 'bootstrap') : join(ROOT, 'target/debug', `function-${name}`);
}

/** One execution environment of a function. It processes one event at a time. */
export class LambdaFunction {
  #events = [];
  #running = new Map();
  #asking;

  /** Starts a function, and waits until it asks for its first event. */
  static async start(name, environment) {
    const it = new LambdaFunction();
    it.name = name;
    it.log = '';
    it.api = http.createServer((request, response) => void it.#answer(request, response));
    it.api.listen(0, '127.0.0.1');
    await once(it.api, 'listening');
    it.process = spawn(binaryOf(name), {
      env: {
        ...environment,
        AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${it.api.address().port}`,
        AWS_LAMBDA_FUNCTION_NAME: `walks-${name}`,
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769',
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      },
    });
    it.process.on('error', (error) => (it.log += `${error}\n`));
    for (const stream of [it.process.stdout, it.process.stderr]) stream.on('data', (data) => (it.log += data));
    for (const end = Date.now() + START_SECONDS * 1000; !it.#asking; await pause(10)) {
      if (Date.now() > end || !it.isRunning) {
        await it.stop();
        throw new Error(`the function ${name} does not start: ${it.log}`);
      }
    }
    return it;
  }

  get isRunning() {
    return this.process.pid !== undefined && this.process.exitCode === null && this.process.signalCode === null;
  }

  /** Sends an event and returns the function's answer. */
  invoke(event) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${this.name} does not answer: ${this.log}`)), TIMEOUT_SECONDS * 1000);
      const settle = (how) => (value) => (clearTimeout(timer), how(value));
      this.#events.push({ event, resolve: settle(resolve), reject: settle(reject) });
      this.#handOver();
    });
  }

  async #answer(request, response) {
    if (request.url === `${INVOCATION}next`) {
      this.#asking = response;
      return this.#handOver();
    }
    let body = '';
    for await (const data of request) body += data;
    const [, id, outcome] = request.url.match(/\/invocation\/([\w-]+)\/(response|error)$/) ?? [];
    const invocation = this.#running.get(id);
    this.#running.delete(id);
    if (outcome === 'response') invocation?.resolve(JSON.parse(body || 'null'));
    else if (outcome === 'error') invocation?.reject(new Error(`${this.name}: ${body}`));
    else this.log += `${body}\n`;
    response.writeHead(202).end();
  }

  #handOver() {
    if (!this.#asking || this.#asking.writableEnded || this.#events.length === 0) return;
    const invocation = this.#events.shift();
    const id = randomUUID();
    this.#running.set(id, invocation);
    this.#asking.writeHead(200, {
      'Content-Type': 'application/json',
      'Lambda-Runtime-Aws-Request-Id': id,
      'Lambda-Runtime-Deadline-Ms': Date.now() + TIMEOUT_SECONDS * 1000,
      'Lambda-Runtime-Invoked-Function-Arn': `arn:aws:lambda:eu-west-1:123456789012:function:walks-${this.name}`,
    });
    this.#asking.end(JSON.stringify(invocation.event));
  }

  /** Ends the process. */
  async stop() {
    if (this.isRunning && this.process.kill('SIGKILL')) await once(this.process, 'exit');
    this.api.closeAllConnections();
    this.api.close();
  }
}
