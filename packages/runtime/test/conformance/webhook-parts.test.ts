import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Environment, parseConfig } from "@exhibit/config";
import { parseLeaseKeys } from "@exhibit/credentials";
import { expect, onTestFinished, test } from "vitest";
import { openWebhookParts } from "../../src/webhook-parts.ts";

const ring = (text: string) => {
  const keys = parseLeaseKeys(`${text}:${Buffer.alloc(32, text).toString("base64")}`);
  return typeof keys === "string" ? expect.fail(keys) : keys;
};
const sources = { roots: ["/evidence"] };
const live = parseConfig({ sources, vendors: {} }, "memory");

async function environmentOf(own: Partial<Environment> = {}): Promise<Environment> {
  const dataDir = await mkdtemp(join(tmpdir(), "exhibit-webhook-parts-"));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  const api = { apiHost: "127.0.0.1", apiPort: 7400, apiUrl: "", apiRates: {}, graceMs: 0 };
  return { ...api, dataDir, ...own };
}
const fleet = { databaseUrl: "postgres://ledger.test/db", redisUrl: "redis://10.0.0.9" };

test("a process that keeps its data itself makes a key, once, for its user alone", async () => {
  const environment = await environmentOf();
  const made = (await openWebhookParts(environment, live)).secrets?.make("1");
  const path = join(environment.dataDir, "webhook-key");
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const again = await openWebhookParts(environment, live);
  expect(again.secrets?.open("1", made?.encrypted ?? "")).toBeDefined();
  expect(await readFile(path, "utf8")).toMatch(/^[A-Za-z0-9+/]{43}=\n$/);
  // A key that can't be one is left for somebody to look at.
  await writeFile(path, "not a key");
  expect((await openWebhookParts(environment, live)).secrets).toBeUndefined();
});

test("a fleet has the keys that it is given, and without them no webhooks", async () => {
  expect((await openWebhookParts(await environmentOf(fleet), live)).secrets).toBeUndefined();
  const one = await openWebhookParts(await environmentOf({ ...fleet, leaseKeys: ring("a") }), live);
  const other = await openWebhookParts(
    await environmentOf({ ...fleet, leaseKeys: ring("a") }),
    live,
  );
  const { encrypted = "" } = one.secrets?.make("1") ?? {};
  expect(other.secrets?.open("1", encrypted)).toBeDefined();
});

test("the configuration says what may be called, and the deployment's own services never are", async () => {
  const webhooks = { allowed_ranges: ["10.0.0.0/8"], ports: [6379, 8443], plain: true };
  const config = parseConfig({ sources, vendors: {}, webhooks }, "memory");
  const { fetch } = await openWebhookParts(await environmentOf(fleet), config);
  expect(fetch.check("http://10.0.0.9:8443/").port).toBe("8443");
  expect(() => fetch.check("http://192.168.0.1/")).toThrow("can't be called");
  await expect(fetch.fetch("http://10.0.0.9:6379/")).rejects.toMatchObject({
    code: "ADDRESS_REFUSED",
  });
  const plain = await openWebhookParts(await environmentOf(), live);
  for (const url of ["http://example.com/", "https://example.com:8443/", "https://10.0.0.9/"]) {
    expect(() => plain.fetch.check(url)).toThrow(
      expect.objectContaining({ code: "ADDRESS_REFUSED" }),
    );
  }
});

test("a trial calls this machine alone, on any port", async () => {
  const config = parseConfig({ trial: true, sources, vendors: {} }, "memory");
  const { fetch } = await openWebhookParts(await environmentOf(), config);
  expect(fetch.check("http://127.0.0.1:9000/hook").port).toBe("9000");
  expect(fetch.check("http://[::1]:9000/").port).toBe("9000");
  for (const url of ["https://8.8.8.8/", "https://10.0.0.1/", "https://[2400:3200::1]/"]) {
    expect(() => fetch.check(url)).toThrow("can't be called");
  }
});
