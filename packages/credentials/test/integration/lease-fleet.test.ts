import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ExhibitError } from "@exhibit/contracts";
import { type Sandbox, startSandbox } from "@exhibit/sandbox";
import { dataFolder, startServer, stopProcess, takeRedisDatabase } from "@exhibit/testkit";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import {
  type Broker,
  createBroker,
  createVendors,
  type FolderOfCase,
  type Vendor,
} from "../../src/index.ts";
import { redisLeaseStore } from "../../src/stores/redis-lease-store.ts";
import { ring, suit1, vendorAnswer, vendorOf } from "../answers.ts";

/** A folder that the sandbox's deepvision opens. */
const folder: FolderOfCase = {
  vendor: "deepvision",
  entrust_id: undefined,
  suit_ids: [],
  folder: { op_poi_id: "p1", op_tenant_code: "t1" },
};

let url: string;
let redis: Redis;
const stack: (() => unknown)[] = [];

beforeAll(async () => {
  url = await takeRedisDatabase(inject("redisUrl"));
  redis = new Redis(url);
});
afterAll(() => redis.disconnect());
afterEach(async () => {
  for (const end of stack.splice(0).reverse()) await end();
  await redis.flushdb();
});

/** Brokers as so many processes have them: each with a connection and a memory of its own. */
function startBrokers(count: number, vendors: () => Record<string, Vendor>): Broker[] {
  const keys = ring("a");
  return Array.from({ length: count }, () => {
    const shared = redisLeaseStore({ url, keys });
    const broker = createBroker({ vendors: vendors(), store: shared });
    stack.push(
      () => shared.close(),
      () => broker.close(),
    );
    return broker;
  });
}

describe("Eight brokers on one Redis", () => {
  let sandbox: Sandbox;
  let brokers: Broker[];
  const options = () => sandbox.config([]).vendors.deepvision;
  const calls = () => sandbox.gateway.log.entries().length;
  const codesOf = (settled: PromiseSettledResult<unknown>[]) =>
    new Set(
      settled.map((each) =>
        each.status === "rejected" && each.reason instanceof ExhibitError ? each.reason.code : each,
      ),
    );
  /** So many requests of each broker at once. */
  const askAll = (times: number, options = {}) =>
    Promise.allSettled(
      brokers.flatMap((broker) =>
        Array.from({ length: times }, () => broker.lease({ ...folder }, options)),
      ),
    );

  beforeEach(async () => {
    const data = await dataFolder("lease-fleet");
    sandbox = await startSandbox({ dataDir: data.path, leaseSeconds: 2 });
    stack.push(data.remove, () => sandbox.close());
    brokers = startBrokers(8, () => createVendors({ deepvision: options() }));
  });

  test("use each two-second token together, one call for each, and nobody gets one that has ended", async () => {
    const started = Date.now();
    const until = started + 6_500;
    let taken = 0;
    const ids = new Set<string>();
    const work = async (broker: Broker) => {
      while (Date.now() < until) {
        const lease = await broker.lease(folder);
        const left = lease.expiresAt.getTime() - Date.now();
        if (left <= 0) throw new Error(`a lease that ended ${-left} ms ago`);
        taken += 1;
        ids.add(lease.id);
        await pause(5);
      }
    };
    await Promise.all(brokers.flatMap((broker) => Array.from({ length: 25 }, () => work(broker))));
    const lifetimes = Math.ceil((Date.now() - started) / 2_000);
    expect(calls()).toBeGreaterThan(1);
    expect(calls()).toBeLessThanOrEqual(lifetimes + 1);
    expect(ids.size).toBeLessThanOrEqual(calls());
    // Far more than calls, also on a machine that has much else to do.
    expect(taken).toBeGreaterThan(2_000);
    figure(`${calls()} calls, ${taken} leases in ${Date.now() - started} ms`);
    // A renewal may still be on its way, which the gateway has on record already.
    const missing = async () => {
      const states = (await brokers[7]?.states()) ?? [];
      const found = states.find(({ vendor }) => vendor === "deepvision");
      return {
        state: found?.state,
        refusals: found?.refusals,
        calls: calls() - (found?.calls ?? 0),
      };
    };
    await expect.poll(missing, { timeout: 5_000 }).toEqual({ state: "ok", refusals: 0, calls: 0 });
  });

  test("make one call for 400 requests each of a folder that is refused, and one more for those who retry", async () => {
    sandbox.gateway.refuse({ vendor: "deepvision", folder: "p1", code: "403", message: "no" });
    expect(codesOf(await askAll(400))).toEqual(new Set(["VENDOR_REFUSED"]));
    expect(calls()).toBe(1);
    await pause(2);
    expect(codesOf(await askAll(400, { refusedSince: Date.now() }))).toEqual(
      new Set(["VENDOR_REFUSED"]),
    );
    expect(calls()).toBe(2);
  });

  test.each([2, 31_062])(
    "leave the vendor alone for a ban of %i s that one of them met",
    async (banSeconds) => {
      sandbox.gateway.fail({ mood: "throttled", banSeconds });
      const settled = await askAll(50);
      expect(codesOf(settled)).toEqual(new Set(["VENDOR_THROTTLED"]));
      expect(calls()).toBe(1);
      await pause(100);
      const later = await brokers[5]?.lease(folder).catch((error: unknown) => error);
      expect(later).toMatchObject({ code: "VENDOR_THROTTLED" });
      const { retryAfter = 0 } = later as ExhibitError;
      expect(retryAfter).toBeLessThan(banSeconds * 1000);
      expect(retryAfter).toBeGreaterThan(banSeconds > 2 ? 31_000_000 : 0);
      expect(
        (await brokers[2]?.states())?.find(({ vendor }) => vendor === "deepvision"),
      ).toMatchObject({ state: "throttled", last_error_code: "VENDOR_THROTTLED" });
      expect(calls()).toBe(1);
      if (banSeconds > 2) return;
      await pause(retryAfter + 10);
      expect((await brokers[5]?.lease(folder))?.prefix).toBe("t1/p1/");
      expect(calls()).toBe(2);
    },
  );

  test("leave a vendor alone that failed five times in a row, and say so", async () => {
    sandbox.gateway.fail({ mood: "down", times: "always" });
    for (let round = 0; round < 5; round += 1) {
      expect(codesOf(await Promise.allSettled([brokers[0]?.lease(folder)]))).toEqual(
        new Set(["VENDOR_UNAVAILABLE"]),
      );
    }
    const settled = await askAll(20);
    expect(codesOf(settled)).toEqual(new Set(["VENDOR_UNAVAILABLE"]));
    expect(calls()).toBe(5);
    const [first] = settled;
    const error = first?.status === "rejected" ? (first.reason as ExhibitError) : undefined;
    expect(error?.retryAfter).toBeGreaterThan(3_000);
    expect(error?.message).toMatch(/deepvision: .*in a row/);
    expect(
      (await brokers[3]?.states())?.find(({ vendor }) => vendor === "deepvision"),
    ).toMatchObject({ state: "open", calls: 5 });
  });

  test("keep to one rate limit together", async () => {
    const limited = { ...options(), rate_limit: { calls: 4, per_seconds: 0.5 } };
    brokers = startBrokers(8, () => createVendors({ deepvision: limited }));
    await Promise.all(
      brokers.map((broker, n) =>
        broker.lease({ ...folder, folder: { op_poi_id: `p${n}`, op_tenant_code: "t1" } }),
      ),
    );
    const times = sandbox.gateway.log.entries().map(({ at }) => at);
    expect(times).toHaveLength(8);
    // The fifth call is at least half a second after the first; some milliseconds for the way to
    // the gateway.
    expect((times[4] ?? 0) - (times[0] ?? 0)).toBeGreaterThan(450);
  });
});

describe("A process that is killed while it asks", () => {
  test("keeps the others waiting for less than five seconds", async () => {
    const holder = await startServer(
      process.execPath,
      [join(import.meta.dirname, "lease-holder.ts"), url],
      { ready: /it asks/ },
    );
    stack.push(() => stopProcess(holder, "SIGKILL"));
    let asked = 0;
    const brokers = startBrokers(7, () => ({
      fake: vendorOf(async () => {
        asked += 1;
        return vendorAnswer(60_000);
      }),
    }));
    const waiting = brokers.map((broker) => broker.lease(suit1));
    await pause(4_000);
    expect(asked, "the one who lives keeps the turn").toBe(0);
    const killed = performance.now();
    await stopProcess(holder, "SIGKILL");
    await Promise.any(waiting);
    const first = performance.now() - killed;
    const leases = await Promise.all(waiting);
    const last = performance.now() - killed;
    expect(new Set(leases.map(({ id }) => id)).size).toBe(1);
    expect(asked).toBe(1);
    expect(last).toBeLessThan(5_000);
    figure(`after the kill: the first lease in ${first.toFixed()} ms, all in ${last.toFixed()} ms`);
  });
});

/** Shown when EXHIBIT_FIGURES is set. */
function figure(text: string): void {
  if (process.env.EXHIBIT_FIGURES) process.stderr.write(`${text}\n`);
}
