import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { faultOfRedis } from "../../src/redis-faults.ts";
import { reasonAgainst } from "../../src/redis-fitness.ts";
import { trial } from "../../src/redis-rights.ts";

/** What a server that will do says of itself, with some of it changed. */
function info(changed: Record<string, string> = {}): string {
  const facts = {
    redis_version: "7.0.15",
    redis_mode: "standalone",
    maxmemory_policy: "noeviction",
    role: "master",
    cluster_enabled: "0",
    ...changed,
  };
  return Object.entries(facts)
    .map(([name, value]) => `${name}:${value}`)
    .join("\r\n");
}

describe("a Redis", () => {
  it.each<Record<string, string>>([
    {},
    { redis_version: "6.2.0" },
    { redis_version: "7.2.4", valkey_version: "8.0.1" },
    { redis_version: "10.0.0" },
  ])("that says %o of itself will do", (facts) => {
    expect(reasonAgainst(info(facts), {})).toBeUndefined();
  });

  it.each<[Record<string, string>, string]>([
    [{ redis_mode: "sentinel" }, "a Sentinel"],
    [{ cluster_enabled: "1" }, "a node of a cluster"],
    [
      { role: "slave", master_host: "::1", master_port: "6379" },
      "a replica, which takes no writes. Give the address of its master (::1:6379)",
    ],
    [{ redis_version: "6.0.16" }, "Redis 6.0.16. The least that will do is 6.2"],
    [{ redis_version: "5.0.14" }, "Redis 5.0.14"],
    [{ maxmemory_policy: "allkeys-lru" }, "CONFIG SET maxmemory-policy noeviction"],
    [{ maxmemory_policy: "volatile-ttl" }, "EXHIBIT_ALLOW_EVICTION=1"],
  ])("that says %o of itself won't, and it is said why", (facts, reason) => {
    expect(reasonAgainst(info(facts), {})).toContain(reason);
  });

  it("that evicts is taken by who says so", () => {
    const evicting = info({ maxmemory_policy: "allkeys-lru" });
    expect(reasonAgainst(evicting, { mayEvict: true })).toBeUndefined();
  });

  it("that doesn't say what it is, as some managed ones, isn't refused for that", () => {
    expect(reasonAgainst("redis_version:7.0.0", {})).toBeUndefined();
  });
});

it("the trial of a user's rights has each command that BullMQ's scripts make", () => {
  const scripts = join(
    dirname(createRequire(import.meta.url).resolve("bullmq")),
    "../esm/commands",
  );
  const files = readdirSync(scripts, { recursive: true, encoding: "utf8" });
  const texts = files
    .filter((name) => name.endsWith(".lua"))
    .map((name) => readFileSync(join(scripts, name), "utf8"));
  const made = new Set(
    texts
      .flatMap((text) => [...text.matchAll(/\b(?:rcall|redis\.call)\(\s*["'](\w+)["']/g)])
      .map(([, name = ""]) => name.toUpperCase()),
  );
  expect(made.size).toBeGreaterThan(40);
  const tried = new Set(
    trial
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[0]),
  );
  expect([...made].filter((name) => !tried.has(name))).toEqual([]);
});

describe("what goes wrong with a Redis", () => {
  const fault = (message: string, code?: string) =>
    Object.assign(new Error(message), code === undefined ? {} : { code });

  it.each([
    ["WRONGPASS invalid username-password pair or user is disabled.", "invalid username-password"],
    ["ERR invalid password", "invalid password"],
    ["NOAUTH HELLO must be called with …", "it asks for a password, and the address has none"],
  ])("is a login that it refuses: %s", (message, said) => {
    expect(faultOfRedis(fault(message), { isTls: false })).toMatchObject({
      code: "SERVICE_REFUSED",
      message: expect.stringContaining(said),
    });
  });

  it.each<[string, string | undefined, boolean, string]>([
    ["read ECONNRESET", "ECONNRESET", false, "rediss://"],
    ["Command timed out", undefined, true, "redis://"],
    ["self-signed certificate", "SELF_SIGNED_CERT_IN_CHAIN", true, "EXHIBIT_REDIS_CA_FILE"],
  ])("may be its address: %s", (message, code, isTls, hint) => {
    expect(faultOfRedis(fault(message, code), { isTls })).toMatchObject({
      code: "SERVICE_UNREACHABLE",
      message: expect.stringMatching(new RegExp(`${message}.*${hint}`)),
    });
  });
});
