// The service as it is deployed: the functions behind the routes of `template.yaml`, on moto's DynamoDB and SES. It has the
// same interface as `Service`.

import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { startGateway } from './gateway.mjs';
import { parseMail } from './mail.mjs';
import { Moto } from './moto.mjs';
import { LambdaFunction } from './runtime.mjs';
import { freePort } from './service.mjs';
import { Template } from './template.mjs';

const MAIL_SECONDS = 5;

export class Functions {
  #delivering = Promise.resolve();

  /** Starts a gateway with the routes of the template, and an empty table. */
  static async start(settings) {
    const it = new Functions();
    it.port = await freePort();
    it.sender = `hello-${randomUUID()}@walks.example.com`;
    const { PUBLIC_URL, ...rest } = typeof settings === 'function' ? settings(it.port) : settings;
    const template = new Template({
      PublicUrl: PUBLIC_URL,
      SecretKey: randomUUID(),
      Sender: it.sender,
      TableName: `walks-${randomUUID()}`,
      Settings: JSON.stringify(rest),
    });
    it.moto = await Moto.make(template.table(), it.sender.split('@')[1]);
    const environment = {
      AWS_REGION: 'eu-west-1',
      AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'example',
      AWS_SESSION_TOKEN: 'example',
      AWS_ENDPOINT_URL_DYNAMODB: it.moto.url,
      AWS_ENDPOINT_URL_SESV2: it.moto.url,
      ...template.variables(),
    };
    const routes = template.routes();
    // As in Lambda, a function starts with its first event.
    it.functions = new Map();
    it.running = new Set();
    it.find = (name) => {
      const start = () => LambdaFunction.start(name, environment).then((started) => (it.running.add(started), started));
      if (!it.functions.has(name)) it.functions.set(name, start());
      return it.functions.get(name);
    };
    const invoke = async (name, event) => (await it.find(name)).invoke(event);
    it.close = await startGateway(it.port, routes, invoke, (method) => (method === 'GET' ? undefined : it.#deliver()));
    return it;
  }

  /** Passes new stream records to the mailer, filtered as in the template. */
  #deliver() {
    const deliver = async () => {
      const isMessage = ({ eventName, dynamodb }) => eventName === 'INSERT' && dynamodb.Keys.pk.S.startsWith('OUTBOX#');
      const Records = (await this.moto.records()).filter(isMessage);
      if (Records.length) await (await this.find('mailer')).invoke({ Records });
    };
    return (this.#delivering = this.#delivering.then(deliver));
  }

  /** Returns the mails to an address, the latest first. */
  async mails(to) {
    return (await this.moto.mails(this.sender, to)).reverse().map(parseMail);
  }

  /** Returns the latest mail to an address, once there is one. */
  async mail(to) {
    for (const end = Date.now() + MAIL_SECONDS * 1000; Date.now() < end; await pause(50)) {
      const [latest] = await this.mails(to);
      if (latest) return latest;
    }
    throw new Error(`no mail to ${to}`);
  }

  /** Returns the time in seconds since 1970. Functions use the system clock. */
  now() {
    return Math.floor(Date.now() / 1000);
  }

  /** The output of the functions. */
  get log() {
    return [...this.running].map(({ name, log }) => `${name}\n${log}`).join('\n');
  }

  /** Ends the functions. */
  async stop() {
    this.close?.();
    await Promise.allSettled([...this.functions.values()]);
    await Promise.all([...this.running].map((started) => started.stop()));
  }
}
