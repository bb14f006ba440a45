import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { inspect } from "node:util";
import { ExhibitError } from "@exhibit/contracts";
import { takeRedisDatabase } from "@exhibit/testkit";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { createBroker, type LeaseStore, memoryLeaseStore } from "../../src/index.ts";
import { redisLeaseStore } from "../../src/stores/redis-lease-store.ts";
import { cachedAnswer, ring, suit1, vendorAnswer, vendorOf } from "../answers.ts";

const opened: LeaseStore[] = [];
let url: string;
let redis: Redis;

beforeAll(async () => {
  url = await takeRedisDatabase(inject("redisUrl"));
  redis = new Redis(url);
});
afterAll(() => redis.disconnect());

/** The stores of brokers in two processes. */
const kinds = {
  async memory() {
    const store = memoryLeaseStore();
    return [store, store] as const;
  },
  async Redis() {
    const stores = [1, 2].map(() => redisLeaseStore({ url, keys: ring("a") }));
    opened.push(...stores);
    return stores as [LeaseStore, LeaseStore];
  },
};

afterEach(async () => {
  for (const store of opened.splice(0)) await store.close();
  await redis.flushdb();
});

describe.each(Object.entries(kinds))("A lease store in %s", (_name, open) => {
  let store: LeaseStore;
  let other: LeaseStore;
  beforeEach(async () => {
    [store, other] = await open();
  });
  const inAMinute = () => ({ until: Date.now() + 60_000 });
  const failure = (message: string) => ({
    error: new ExhibitError("VENDOR_REFUSED", message, { details: { a: 1 }, retryAfter: 5 }),
    at: Date.now(),
    until: Date.now() + 10_000,
  });

  it("is empty at first", async () => {
    expect(await store.get("k")).toBeUndefined();
    expect(await store.failure("k")).toBeUndefined();
    expect(await store.stats("v")).toMatchObject({
      calls: 0,
      refusals: 0,
      leases: 0,
      error: undefined,
    });
  });

  it("gives every broker the answer put last, as a whole and under its own key only", async () => {
    const [first, second] = [cachedAnswer(), cachedAnswer()];
    expect(await store.put("k", first, inAMinute())).toBe(true);
    expect(await other.get("k")).toEqual(first);
    expect(await other.put("k", second, inAMinute())).toBe(true);
    expect(await store.get("k")).toEqual(second);
    expect(await store.get("k2")).toBeUndefined();
  });

  it("deletes an answer when it expires", async () => {
    await store.put("k", cachedAnswer(), { until: Date.now() + 500 });
    expect(await store.get("k")).toBeDefined();
    await pause(550);
    expect(await store.get("k")).toBeUndefined();
  });

  it("gives failures to every broker until an answer is put or they are deleted", async () => {
    const met = failure("no");
    await store.putFailure("k", met, inAMinute());
    const told = await other.failure("k");
    expect(told).toMatchObject({ at: met.at, until: met.until });
    expect(told?.error).toBeInstanceOf(ExhibitError);
    expect(told?.error).toMatchObject({
      code: "VENDOR_REFUSED",
      message: "no",
      details: { a: 1 },
      retryAfter: 5,
    });
    await store.put("k", cachedAnswer(), inAMinute());
    expect(await other.failure("k")).toBeUndefined();
    await store.putFailure("k", met, inAMinute());
    expect(await other.get("k"), "a failure doesn't replace the answer").toBeDefined();
    await store.deleteFailure("k", met.at);
    expect(await other.failure("k")).toBeUndefined();
  });

  it("keeps the failure that holds longer, and deletes only the one that is named", async () => {
    const long = { ...failure("long"), at: 1, until: Date.now() + 20_000 };
    await store.putFailure("k", long, inAMinute());
    await other.putFailure("k", { ...failure("short"), at: 2 }, inAMinute());
    await other.deleteFailure("k", 2);
    expect((await store.failure("k"))?.error.message).toBe("long");
    await store.putFailure("k", { ...long, at: 3, until: long.until + 1 }, inAMinute());
    expect(await other.failure("k")).toMatchObject({ at: 3, until: long.until + 1 });
  });

  it("gives the lock for a key to one broker at a time, with growing fencing tokens", async () => {
    const first = await store.acquire("k");
    expect(first?.fencingToken).toBeGreaterThan(0);
    expect(await other.acquire("k")).toBeUndefined();
    expect(await store.acquire("k")).toBeUndefined();
    const elsewhere = await other.acquire("k2");
    expect(elsewhere).toBeDefined();
    await elsewhere?.release();
    await first?.release();
    const second = await other.acquire("k");
    expect(second?.fencingToken).toBeGreaterThan(first?.fencingToken ?? 0);
    await first?.release();
    expect(await store.acquire("k"), "an old lock doesn't release a newer one").toBeUndefined();
    await second?.release();
  });

  it("doesn't replace under an earlier lock what was put under a later one", async () => {
    const early = await store.acquire("k");
    await early?.release();
    const late = await other.acquire("k");
    if (early === undefined || late === undefined) throw new Error("no lock");
    const answer = cachedAnswer();
    expect(await other.put("k", answer, { ...inAMinute(), lock: late })).toBe(true);
    expect(await store.put("k", cachedAnswer(), { ...inAMinute(), lock: early })).toBe(false);
    await store.putFailure("k", failure("late"), { ...inAMinute(), lock: early });
    expect(await store.get("k")).toEqual(answer);
    expect(await store.failure("k")).toBeUndefined();
    await late.release();
  });

  it("limits the calls of all brokers together", async () => {
    const limit = { calls: 3, per_seconds: 1 };
    const waits = await Promise.all(
      [store, other, store, other, store].map((each) => each.countCall("v", limit)),
    );
    expect(waits.filter((wait) => wait === 0)).toHaveLength(3);
    const wait = Math.max(...waits);
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(1_000);
    await pause(wait + 20);
    expect(await other.countCall("v", limit)).toBe(0);
  });

  it("accepts limits whose seconds aren't whole milliseconds", async () => {
    const limit = { calls: 1, per_seconds: 100 / 3 };
    expect(await store.countCall("v", limit)).toBe(0);
    const wait = await other.countCall("v", limit);
    expect(wait).toBeGreaterThan(30_000);
    expect(wait).toBeLessThanOrEqual(33_334);
  });

  it("counts the results of calls, and the leases that haven't expired", async () => {
    const expiresAt = Date.now() + 60_000;
    await store.addStats("v", { refusals: 1, leases: [{ id: "a", expiresAt }] });
    await other.addStats("v", { refusals: 0, leases: [{ id: "b", expiresAt: Date.now() - 1 }] });
    await other.addStats("v", { refusals: 1, leases: [], error: failure("why").error });
    const stats = await store.stats("v");
    expect(stats).toMatchObject({ calls: 3, refusals: 2, leases: 1, isFailing: true });
    expect(stats.error).toMatchObject({ code: "VENDOR_REFUSED", message: "why" });
    await store.addStats("v", { refusals: 0, leases: [] });
    expect(await other.stats("v")).toMatchObject({ isFailing: false, error: stats.error });
  });
});

describe("The lease store in Redis", () => {
  function open(...letters: string[]): LeaseStore {
    const store = redisLeaseStore({ url, keys: ring(...letters) });
    opened.push(store);
    return store;
  }

  it("loses no lease when keys are replaced one after the other", async () => {
    const [before, during, after] = [open("a"), open("b", "a"), open("b")];
    const [old, young] = [cachedAnswer(), cachedAnswer()];
    const until = Date.now() + 60_000;
    await before.put("old", old, { until });
    expect(await during.get("old")).toEqual(old);
    await during.put("young", young, { until });
    expect(await after.get("young")).toEqual(young);
    expect(await after.get("old"), "encrypted with a key that is gone").toBeUndefined();
    expect(await before.get("young")).toBeUndefined();
  });

  it("keeps stores with different prefixes apart", async () => {
    const store = open("a");
    const other = redisLeaseStore({ url, keys: ring("a"), prefix: "staging" });
    opened.push(other);
    await store.put("k", cachedAnswer(), { until: Date.now() + 60_000 });
    expect(await other.get("k")).toBeUndefined();
    await other.put("k", cachedAnswer(), { until: Date.now() + 60_000 });
    expect(await redis.keys("staging:lease:*")).toHaveLength(1);
  });

  it("ignores an entry that was changed, or moved to another key", async () => {
    const store = open("a");
    const until = Date.now() + 60_000;
    await store.put("k1", cachedAnswer(), { until });
    const [name] = await redis.keys("*:answer");
    await store.put("k2", cachedAnswer(), { until });
    const [moved] = (await redis.keys("*:answer")).filter((each) => each !== name);
    const sealed = (await redis.hget(name ?? "", "sealed")) ?? "";
    await redis.hset(moved ?? "", "sealed", sealed);
    expect(await store.get("k2")).toBeUndefined();
    for (const broken of ["", "a:", "a:AAAA", `${sealed.slice(0, -6)}AAAAA=`, "{}", "x:y:z"]) {
      await redis.hset(name ?? "", "sealed", broken);
      expect(await store.get("k1"), broken).toBeUndefined();
    }
  });

  it("shows nothing of a case or a credential, and all its keys expire", async () => {
    const store = open("a");
    const answer = cachedAnswer();
    const [lease] = answer.leases;
    const error = new ExhibitError("VENDOR_REFUSED", "suit-77-closed");
    const until = Date.now() + 60_000;
    const lock = await store.acquire("call of suit-77");
    await store.put("call of suit-77", answer, { until });
    await store.putFailure("call of suit-77", { error, at: 1, until }, { until });
    await store.addStats("v", { refusals: 1, error, leases: [{ id: "id", expiresAt: until }] });
    await store.countCall("v", { calls: 1, per_seconds: 60 });
    const content = await dump(redis);
    const names = await redis.keys("*");
    expect(names).toHaveLength(7);
    for (const name of names) expect(await redis.pttl(name), name).toBeGreaterThan(0);
    expect(new Set(names.map((name) => /\{([0-9a-f]+)\}/.exec(name)?.[1])).size).toBe(2);
    const secrets = ["suit-77", ...Object.values(lease?.credentials ?? {}), "suits/1/"];
    for (const secret of secrets) {
      for (const form of formsOf(secret)) expect(content).not.toContain(form);
    }
    await lock?.release();
  });

  it("doesn't show its keys when they are printed", () => {
    const keys = ring("a");
    const shown = inspect(keys, { depth: null, showHidden: true }) + JSON.stringify(keys);
    expect(shown).not.toContain(Buffer.alloc(32, "a").toString("base64"));
    expect(shown).not.toContain("a".repeat(32));
  });

  it("keeps a lock as long as its holder lives, and releases it when the holder's store is closed", async () => {
    const store = open("a");
    const other = open("a");
    await store.acquire("k");
    await pause(3_500);
    expect(await other.acquire("k"), "it was renewed").toBeUndefined();
    expect(await redis.pttl((await redis.keys("*:holder"))[0] ?? "")).toBeLessThanOrEqual(3_000);
    await store.close();
    expect(await other.acquire("k")).toBeDefined();
  });

  it("goes on alone when Redis is away, and reports it", async () => {
    const faults: unknown[] = [];
    const store = redisLeaseStore({
      url: "redis://127.0.0.1:1",
      keys: ring("a"),
      onFault: (fault) => faults.push(fault),
    });
    opened.push(store);
    expect(await store.get("k")).toBeUndefined();
    const lock = await store.acquire("k");
    expect(lock?.fencingToken).toBe(0);
    await lock?.release();
    const limit = { calls: 1, per_seconds: 60 };
    expect(await store.countCall("v", limit)).toBe(0);
    expect(await store.countCall("v", limit)).toBeGreaterThan(0);
    expect(faults).toHaveLength(1);
  });

  it("makes a lease wait only once for a Redis that doesn't answer", async () => {
    const mute = createServer().listen(0, "127.0.0.1");
    await once(mute, "listening");
    const { port } = mute.address() as AddressInfo;
    const store = redisLeaseStore({ url: `redis://127.0.0.1:${port}`, keys: ring("a") });
    const broker = createBroker({
      vendors: { fake: vendorOf(async () => vendorAnswer(60_000)) },
      store,
    });
    const began = performance.now();
    expect(await broker.lease(suit1)).toMatchObject({ prefix: "suits/1/" });
    expect(performance.now() - began).toBeLessThan(4_500);
    broker.close();
    await store.close();
    mute.close();
  });
});

/** Returns all names and values of a database as text. */
async function dump(redis: Redis): Promise<string> {
  const read: Record<string, (name: string) => Promise<unknown>> = {
    string: (name) => redis.get(name),
    hash: (name) => redis.hgetall(name),
    list: (name) => redis.lrange(name, 0, -1),
    zset: (name) => redis.zrange(name, "0", "-1"),
  };
  const parts: unknown[] = [];
  for (const name of await redis.keys("*")) {
    parts.push(name, await read[await redis.type(name)]?.(name));
  }
  return JSON.stringify(parts);
}

function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  // The last characters are left out: they depend on what follows.
  const base64 = bytes.toString("base64").replace(/..?=*$/, "");
  return [secret, base64, bytes.toString("base64url").slice(0, -2), bytes.toString("hex")];
}
