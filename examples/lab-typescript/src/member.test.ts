import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Lab } from "./lab.js";
import { member } from "./member.js";

const password = "correct-Horse-42";
let lab: Lab;

before(async () => {
  lab = await Lab.start({ accounts: [{ email: "ada@example.com", password, verified: true }] });
});
beforeEach(() => lab.reset());
after(() => lab.stop());

async function post(path: string, body: object): Promise<{ meta: { session_token?: string } }> {
  const response = await fetch(`${lab.url}/_allauth/app/v1/${path}`, { method: "POST", body: JSON.stringify(body) });
  return (await response.json()) as { meta: { session_token?: string } };
}

async function login(email: string): Promise<string> {
  const { meta } = await post("auth/login", { email, password });
  assert.ok(meta.session_token);
  return meta.session_token;
}

test("a new member verifies the address and is known", async () => {
  await post("auth/signup", { email: "eve@example.com", password });
  const mail = await lab.last("eve@example.com");
  const key = mail.links[0]!.replace(/\/$/, "").split("/").at(-1);
  await post("auth/email/verify", { key });
  assert.equal(await member(lab.url, await login("eve@example.com")), "eve@example.com");
});

test("a session ends after two weeks", async () => {
  const token = await login("ada@example.com");
  assert.equal(await member(lab.url, token), "ada@example.com");
  await lab.advance(15 * 24 * 3600);
  assert.equal(await member(lab.url, token), null);
});

test("an outage does not look like a logout", async () => {
  const token = await login("ada@example.com");
  await lab.faults({ throttle: { percent: 100 } });
  await assert.rejects(member(lab.url, token), /unavailable/);
  await lab.faults({});
  assert.equal(await member(lab.url, token), "ada@example.com");
});

test("a reset ends sessions and removes new accounts", async () => {
  await post("auth/signup", { email: "eve@example.com", password });
  const token = await login("ada@example.com");
  await lab.reset();
  assert.equal(await member(lab.url, token), null);
  assert.deepEqual(await lab.inbox("eve@example.com"), []);
});
