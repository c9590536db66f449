// moto, an independent implementation of DynamoDB and SES. `LATCHKEY_TEST_MOTO` is the URL of a running server. Without it,
// each file of walks starts one.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { after } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from './service.mjs';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const VENV = `${ROOT}target/ci-venv/bin/python3`;
const START_SECONDS = 30;

const running = process.env.LATCHKEY_TEST_MOTO?.replace(/\/$/, '');
let server, started;
after(() => server?.kill());

/** Returns the URL of a moto server. */
const findMoto = async () => running ?? (started ??= start());

async function start() {
  const port = await freePort();
  const python = existsSync(VENV) ? VENV : 'python3';
  server = spawn(python, [`${ROOT}.ci/serve_moto.py`, `${port}`], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  server.stderr.on('data', (data) => (log = `${log}${data}`.slice(-2000)));
  const url = `http://127.0.0.1:${port}`;
  const answers = () => fetch(`${url}/moto-api/`).then(({ ok }) => ok, () => false);
  for (const end = Date.now() + START_SECONDS * 1000; !(await answers()); await pause(100)) {
    if (server.exitCode !== null || Date.now() > end) throw new Error(`moto does not start: ${log}`);
  }
  return url;
}

/** A table and a mail sender on a moto server that other tests may use at the same time. */
export class Moto {
  /** Creates a table with these properties, and an identity for the sender's domain. */
  static async make(table, domain) {
    const it = new Moto();
    it.url = await findMoto();
    await it.#ask('dynamodb', 'DynamoDB_20120810.CreateTable', table);
    const identity = { method: 'POST', headers: signed('ses'), body: JSON.stringify({ EmailIdentity: domain }) };
    await fetch(`${it.url}/v2/email/identities`, identity);
    const { Streams } = await it.#stream('ListStreams', { TableName: table.TableName });
    const [{ StreamArn }] = Streams;
    const { StreamDescription } = await it.#stream('DescribeStream', { StreamArn });
    const [{ ShardId }] = StreamDescription.Shards;
    const from = { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' };
    it.iterator = (await it.#stream('GetShardIterator', from)).ShardIterator;
    return it;
  }

  /** Returns the table's stream records since the last call. */
  async records() {
    const { Records = [], NextShardIterator } = await this.#stream('GetRecords', { ShardIterator: this.iterator });
    this.iterator = NextShardIterator;
    return Records;
  }

  /** Returns the mails of a sender to an address, oldest first. */
  async mails(sender, to) {
    const { ses } = await (await fetch(`${this.url}/moto-api/data.json`)).json();
    const all = ses?.RawMessage ?? [];
    const found = all.filter(({ source, destinations }) => source.includes(sender) && destinations.includes(to));
    return found.map(({ raw_data: raw }) => Buffer.from(raw));
  }

  #stream(operation, request) {
    return this.#ask('dynamodb', `DynamoDBStreams_20120810.${operation}`, request);
  }

  async #ask(service, target, request) {
    const headers = { ...signed(service), 'X-Amz-Target': target };
    const answer = await fetch(this.url, { method: 'POST', headers, body: JSON.stringify(request) });
    if (!answer.ok) throw new Error(`${target}: ${await answer.text()}`);
    return answer.json();
  }
}

/** Returns an `Authorization` header with the parts of a signature that moto reads: the region and the service. */
const signed = (service) => ({
  Authorization: `AWS4-HMAC-SHA256 Credential=ASIAEXAMPLE/20260310/eu-west-1/${service}/aws4_request, Signature=0`,
});
