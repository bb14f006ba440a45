import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { errorOfRedis } from "../../src/redis/errors.ts";
import { reasonAgainst } from "../../src/redis/fitness.ts";
import { commandTrial } from "../../src/redis/rights.ts";

/** The INFO of a server that is fit, with some of it changed. */
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
  ])("with INFO %o is fit", (facts) => {
    expect(reasonAgainst(info(facts), {})).toBeUndefined();
  });

  it.each<[Record<string, string>, string]>([
    [{ redis_mode: "sentinel" }, "a Sentinel"],
    [{ cluster_enabled: "1" }, "a node of a cluster"],
    [
      { role: "slave", master_host: "::1", master_port: "6379" },
      "a replica, which accepts no writes. Give the address of its master (::1:6379)",
    ],
    [{ redis_version: "6.0.16" }, "Redis 6.0.16. Exhibit needs 6.2 or newer"],
    [{ redis_version: "5.0.14" }, "Redis 5.0.14"],
    [{ maxmemory_policy: "allkeys-lru" }, "CONFIG SET maxmemory-policy noeviction"],
    [{ maxmemory_policy: "volatile-ttl" }, "EXHIBIT_ALLOW_EVICTION=1"],
  ])("with INFO %o isn't fit, and the reason is given", (facts, reason) => {
    expect(reasonAgainst(info(facts), {})).toContain(reason);
  });

  it("that evicts is accepted if the options allow it", () => {
    const evicting = info({ maxmemory_policy: "allkeys-lru" });
    expect(reasonAgainst(evicting, { mayEvict: true })).toBeUndefined();
  });

  it("with an incomplete INFO, as some managed ones have, is accepted", () => {
    expect(reasonAgainst("redis_version:7.0.0", {})).toBeUndefined();
  });
});

it("the trial of a user's rights runs each command that BullMQ's scripts use", () => {
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
    commandTrial
      .trim()
      .split("\n")
      .map((line) => line.split(" ")[0]),
  );
  expect([...made].filter((name) => !tried.has(name))).toEqual([]);
});

describe("an error of Redis", () => {
  const fault = (message: string, code?: string) =>
    Object.assign(new Error(message), code === undefined ? {} : { code });

  it.each([
    ["WRONGPASS invalid username-password pair or user is disabled.", "invalid username-password"],
    ["ERR invalid password", "invalid password"],
    ["NOAUTH HELLO must be called with …", "it asks for a password, and the address has none"],
  ])("is a refused login: %s", (message, said) => {
    expect(errorOfRedis(fault(message), { isTls: false })).toMatchObject({
      code: "SERVICE_REFUSED",
      message: expect.stringContaining(said),
    });
  });

  it.each<[string, string | undefined, boolean, string]>([
    ["read ECONNRESET", "ECONNRESET", false, "rediss://"],
    ["Command timed out", undefined, true, "redis://"],
    ["self-signed certificate", "SELF_SIGNED_CERT_IN_CHAIN", true, "EXHIBIT_REDIS_CA_FILE"],
  ])("hints at a wrong address: %s", (message, code, isTls, hint) => {
    expect(errorOfRedis(fault(message, code), { isTls })).toMatchObject({
      code: "SERVICE_UNREACHABLE",
      message: expect.stringMatching(new RegExp(`${message}.*${hint}`)),
    });
  });
});
