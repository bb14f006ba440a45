import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type LeaseKeyRing, parseLeaseKeys } from "@exhibit/credentials/lease-key";
import { Webhook } from "standardwebhooks";
import { describe, expect, test } from "vitest";
import { pauseAfter } from "../../src/webhooks/schedule.ts";
import { createWebhookSecrets } from "../../src/webhooks/secrets.ts";
import { signatureHeaders } from "../../src/webhooks/sign.ts";

const ring = (...ids: string[]) =>
  parseLeaseKeys(ids.map((id) => `${id}:${keys[id]}`).join()) as LeaseKeyRing;
const keys: Record<string, string> = Object.fromEntries(
  ["k1", "k2"].map((id) => [id, randomBytes(32).toString("base64")]),
);

describe("a signature", () => {
  const secrets = createWebhookSecrets(ring("k1"));
  const [own, other] = [secrets.make("1"), secrets.make("1")];
  const key = (of: typeof own) => secrets.open("1", of.encrypted) as Buffer;
  const body = '{"type":"import.sealed","data":{"entrust_id":"委托"}}';
  const message = { id: "msg-1", body, at: new Date() };

  test("is one that a stranger's library takes", () => {
    const headers = signatureHeaders(message, [key(own)]);
    expect(new Webhook(own.secret).verify(body, headers)).toEqual(JSON.parse(body));
    expect(() => new Webhook(other.secret).verify(body, headers)).toThrow("signature");
    expect(() => new Webhook(own.secret).verify(`${body} `, headers)).toThrow("signature");
    const moved = { ...headers, "webhook-id": "msg-2" };
    expect(() => new Webhook(own.secret).verify(body, moved)).toThrow("signature");
  });

  test("is there for each secret that is valid", () => {
    const headers = signatureHeaders(message, [key(own), key(other)]);
    for (const { secret } of [own, other]) new Webhook(secret).verify(body, headers);
  });

  test("is too old after five minutes", () => {
    const headers = signatureHeaders({ ...message, at: new Date(Date.now() - 301_000) }, [
      key(own),
    ]);
    expect(() => new Webhook(own.secret).verify(body, headers)).toThrow("too old");
  });
});

describe("a secret", () => {
  test("is kept encrypted, for its webhook alone", () => {
    const secrets = createWebhookSecrets(ring("k1"));
    const { secret, encrypted } = secrets.make("1");
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(encrypted).not.toContain(secret.slice(6));
    expect(secrets.open("1", encrypted)?.toString("base64")).toBe(secret.slice(6));
    expect(secrets.open("2", encrypted)).toBeUndefined();
    expect(secrets.make("1").secret).not.toBe(secret);
  });

  test("outlives the key that encrypted it as long as the ring has that", () => {
    const { encrypted } = createWebhookSecrets(ring("k1")).make("1");
    expect(createWebhookSecrets(ring("k2", "k1")).open("1", encrypted)).toBeDefined();
    expect(createWebhookSecrets(ring("k2")).open("1", encrypted)).toBeUndefined();
  });
});

describe("the pause after a try", () => {
  const HOUR = 3_600_000;

  test("grows from seconds to a day, and after the tenth there is none", () => {
    const pauses = Array.from({ length: 10 }, (_, at) =>
      pauseAfter(at + 1, undefined, { random: 0.5 }),
    );
    const hours = [2, 5, 10, 14, 20, 24].map((each) => each * HOUR);
    expect(pauses).toEqual([5_000, 300_000, 1_800_000, ...hours, undefined]);
  });

  test("differs by a tenth", () => {
    expect(pauseAfter(2, undefined, { random: 0 })).toBe(270_000);
    expect(pauseAfter(2, undefined, { random: 1 })).toBe(330_000);
  });

  test.each([
    ["0", 0],
    ["120", 120_000],
    ["999999", 24 * HOUR],
    ["Tue, 01 Dec 2026 00:00:30 GMT", 30_000],
    ["Mon, 30 Nov 2026 00:00:00 GMT", 300_000],
    ["soon", 300_000],
    ["-5", 300_000],
    ["1e9", 300_000],
  ])("is what Retry-After asks for, if that makes sense: %s", (header, pause) => {
    const now = Date.parse("2026-12-01T00:00:00Z");
    expect(pauseAfter(2, header, { now, random: 0.5 })).toBe(pause);
  });

  test("isn't longer because a receiver that is given up asks for more", () => {
    expect(pauseAfter(10, "120")).toBeUndefined();
  });
});

test("the receiver that docs/webhooks.md shows takes what is signed, and nothing else", async () => {
  const page = await readFile(new URL("../../../../docs/webhooks.md", import.meta.url), "utf8");
  const [, code = ""] = /```js\n([^`]*(?:`[^`]+`[^`]*)*?)\n```/.exec(page) ?? [];
  const { verify } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
    verify(secret: string, headers: Record<string, string>, body: string): unknown;
  };
  const secrets = createWebhookSecrets(ring("k1"));
  const [own, other] = [secrets.make("1"), secrets.make("1")];
  const keyOf = ({ encrypted }: typeof own) => secrets.open("1", encrypted) as Buffer;
  const body = '{"type":"import.sealed"}';
  const sign = (at: Date) => signatureHeaders({ id: "1", body, at }, [keyOf(other), keyOf(own)]);
  const headers = sign(new Date());
  expect(verify(own.secret, headers, body)).toEqual({ type: "import.sealed" });
  expect(verify(other.secret, headers, body)).toEqual({ type: "import.sealed" });
  expect(() => verify(own.secret, headers, `${body} `)).toThrow("not signed");
  expect(() => verify(secrets.make("1").secret, headers, body)).toThrow("not signed");
  expect(() => verify(own.secret, sign(new Date(Date.now() - 400_000)), body)).toThrow("too old");
});
