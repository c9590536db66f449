// A Latchkey service for tests. Copy this file into your project.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

export interface Message {
  id: string;
  kind: "mail" | "sms";
  to: string;
  from: string;
  subject: string;
  text: string;
  html: string | null;
  links: string[];
  code: string | null;
}

export interface Fault {
  percent: number;
  budget?: number;
}

export interface Faults {
  seed?: number;
  latency_ms?: number;
  conflict?: Fault;
  throttle?: Fault;
  unprocessed?: Fault;
  timeout_after_commit?: Fault;
  die_after?: number;
}

export interface Options {
  /** Environment variables of the service. */
  settings?: Record<string, string>;
  /** Accounts that exist from the start. */
  accounts?: { email: string; password: string; verified?: boolean }[];
  /** The binary. By default it is the one in LATCHKEY_BIN, or else `latchkey` in the search path. */
  binary?: string;
}

export class Lab {
  private constructor(
    readonly url: string,
    private readonly process: ChildProcess,
    private readonly folder: string,
  ) {}

  /** Starts a service on a free port with its own folders. */
  static async start({ settings = {}, accounts = [], binary }: Options = {}): Promise<Lab> {
    const folder = await mkdtemp(join(tmpdir(), "latchkey-lab-"));
    const users = join(folder, "users.json");
    await writeFile(users, JSON.stringify(accounts));
    const folders = ["--data", join(folder, "data"), "--outbox", join(folder, "outbox"), "--users", users];
    const child = spawn(
      binary ?? process.env.LATCHKEY_BIN ?? "latchkey",
      ["serve", "--lab", "--listen", "127.0.0.1:0", ...folders],
      { env: settings, stdio: ["ignore", "pipe", "inherit"] },
    );
    const url = await new Promise<string>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (status) => reject(new Error(`latchkey ended with ${status}`)));
      createInterface({ input: child.stdout }).on("line", (line) => {
        const found = /^the lab is at (.*)\/_latchkey\/lab\/$/.exec(line);
        if (found) resolve(found[1]!);
      });
    });
    return new Lab(url, child, folder);
  }

  /** Stops the service and deletes its folders. */
  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    if (this.process.kill("SIGKILL")) await ended;
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Advances the clock. */
  async advance(seconds: number): Promise<void> {
    await this.call("POST", "clock", { advance: seconds });
  }

  /** Stops the clock, or lets it continue. */
  async freeze(frozen = true): Promise<void> {
    await this.call("POST", "clock", { frozen });
  }

  /** Returns the messages to a mail address or phone number, oldest first. */
  async inbox(to: string): Promise<Message[]> {
    const response = await this.call("GET", `inbox?to=${encodeURIComponent(to)}`);
    return ((await response.json()) as { messages: Message[] }).messages;
  }

  /**
   * Returns the latest message. The service answers a request after it has sent its messages, so there is no need to
   * wait.
   */
  async last(to: string): Promise<Message> {
    const message = (await this.inbox(to)).at(-1);
    if (!message) throw new Error(`no message to ${to}`);
    return message;
  }

  /** Injects faults between the service and its table. `{}` ends them. */
  async faults(plan: Faults): Promise<void> {
    await this.call("PUT", "faults", plan);
  }

  /** Deletes every account, session and message, and creates the accounts of the options again. */
  async reset(): Promise<void> {
    await this.call("POST", "reset");
  }

  private async call(method: string, path: string, body?: unknown): Promise<Response> {
    const response = await fetch(`${this.url}/_latchkey/lab/${path}`, {
      method,
      headers: { "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response;
  }
}
