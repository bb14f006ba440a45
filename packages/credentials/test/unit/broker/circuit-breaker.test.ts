import { setImmediate } from "node:timers/promises";
import { ExhibitError } from "@exhibit/contracts";
import { beforeEach, describe, expect, it } from "vitest";
import {
  type Broker,
  createBroker,
  type LeaseStore,
  memoryLeaseStore,
  type Vendor,
} from "../../../src/index.ts";
import { suit1, vendorAnswer, vendorOf } from "../../answers.ts";

describe("a vendor that fails again and again", () => {
  let time: number;
  let calls: number;
  let answer: () => ReturnType<Vendor["issue"]>;
  let broker: Broker;
  const down = async () => {
    throw new ExhibitError("VENDOR_UNAVAILABLE", "fake: no answer");
  };
  const ask = (suit = "1") =>
    broker.lease({ ...suit1, suit_ids: [suit] }).catch((error: ExhibitError) => error);
  const stateOfFake = async () => (await broker.states())[0];
  async function failTimes(times: number): Promise<void> {
    for (let time = 0; time < times; time += 1) await ask();
  }

  beforeEach(() => {
    time = Date.UTC(2026, 10, 23);
    calls = 0;
    answer = down;
    const vendor = vendorOf(() => {
      calls += 1;
      return answer();
    });
    broker = createBroker({ vendors: { fake: vendor }, now: () => time });
  });

  it("isn't called after five failures in a row, and callers learn for how long", async () => {
    await failTimes(5);
    const error = await ask("another");
    expect(error).toMatchObject({ code: "VENDOR_UNAVAILABLE", retryAfter: 5_000 });
    expect((error as Error).message).toContain("in a row: fake: no answer");
    time += 4_000;
    expect(await ask()).toMatchObject({ retryAfter: 1_000 });
    expect(calls).toBe(5);
    expect(await stateOfFake()).toMatchObject({
      vendor: "fake",
      state: "open",
      until: new Date(time + 1_000).toISOString(),
      calls: 5,
      last_error_code: "VENDOR_UNAVAILABLE",
    });
  });

  it("is still called when it answers in between, even with a refusal", async () => {
    await failTimes(4);
    answer = async () => ({ leases: [], refusals: [] });
    await ask("another");
    answer = down;
    await failTimes(4);
    expect(calls).toBe(9);
    expect(await stateOfFake()).toMatchObject({ state: "failing", calls: 9 });
  });

  it("is probed by one call after the pause, while the others go on waiting", async () => {
    await failTimes(5);
    time += 5_000;
    expect(await stateOfFake()).toMatchObject({ state: "half-open" });
    const { promise, resolve } = Promise.withResolvers<ReturnType<typeof vendorAnswer>>();
    answer = () => promise;
    const trial = ask("1");
    expect(await ask("another")).toMatchObject({ code: "VENDOR_UNAVAILABLE", retryAfter: 1_000 });
    expect(calls).toBe(6);
    resolve(vendorAnswer(60_000));
    expect(await trial).toMatchObject({ prefix: "suits/1/" });
    expect(await stateOfFake()).toMatchObject({ state: "ok", leases: 1 });
    answer = async () => vendorAnswer(60_000);
    expect(await ask("another")).toMatchObject({ prefix: "suits/1/" });
  });

  it("gets a pause twice as long each time, up to a minute", async () => {
    await failTimes(5);
    const pauses: unknown[] = [];
    for (let round = 0; round < 6; round += 1) {
      const { retryAfter = 0 } = (await ask()) as ExhibitError;
      pauses.push(retryAfter);
      time += retryAfter;
      await ask();
    }
    expect(pauses).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  });

  it("doesn't affect the leases that are in use", async () => {
    answer = async () => vendorAnswer(3_600_000);
    const lease = await ask("1");
    answer = down;
    for (let time = 0; time < 5; time += 1) await ask("another");
    expect(await ask("another")).toMatchObject({ code: "VENDOR_UNAVAILABLE" });
    expect(await ask("1")).toEqual(lease);
  });
});

describe("a ban", () => {
  const DAY = 31_062_000;
  let time: number;
  let calls: number;
  let isBanned: boolean;
  let broker: Broker;
  const ask = (suit: string, refusedSince = 0) =>
    broker
      .lease({ ...suit1, suit_ids: [suit] }, { refusedSince })
      .catch((error: ExhibitError) => error);

  beforeEach(async () => {
    time = Date.UTC(2026, 10, 23);
    calls = 0;
    isBanned = true;
    const vendor = vendorOf(async () => {
      calls += 1;
      if (isBanned) throw new ExhibitError("VENDOR_THROTTLED", "slowly", { retryAfter: DAY });
      return vendorAnswer(60_000);
    });
    broker = createBroker({ vendors: { fake: vendor }, now: () => time });
    await ask("1");
  });

  it("of a day is obeyed to its end, and callers learn what is left of it", async () => {
    time += DAY - 1_000;
    expect(await ask("2")).toMatchObject({ code: "VENDOR_THROTTLED", retryAfter: 1_000 });
    expect(calls).toBe(1);
    isBanned = false;
    time += 1_000;
    expect(await ask("2")).toMatchObject({ prefix: "suits/1/" });
  });

  it("is checked by new work and retries at most once a minute, and ends when it was lifted", async () => {
    time += 59_999;
    expect(await ask("2", time)).toMatchObject({ code: "VENDOR_THROTTLED" });
    expect(calls).toBe(1);
    time += 1;
    for (const suit of ["2", "3", "4"]) await ask(suit, time);
    expect(calls).toBe(2);
    time += 60_000;
    isBanned = false;
    expect(await ask("1"), "old work waits").toMatchObject({ code: "VENDOR_THROTTLED" });
    expect(await ask("2", time)).toMatchObject({ prefix: "suits/1/" });
    expect(await ask("1")).toMatchObject({ prefix: "suits/1/" });
  });
});

describe("bans from several calls", () => {
  it("last as long as the longest of them, even if a call is answered meanwhile", async () => {
    const time = Date.UTC(2026, 10, 23);
    const calls = new Map<string, PromiseWithResolvers<ReturnType<typeof vendorAnswer>>>();
    const vendor = vendorOf(({ suit_ids = "" }) => {
      const call = Promise.withResolvers<ReturnType<typeof vendorAnswer>>();
      calls.set(suit_ids, call);
      return call.promise;
    });
    const broker = createBroker({ vendors: { fake: vendor }, now: () => time });
    const ask = (suit: string) =>
      broker.lease({ ...suit1, suit_ids: [suit] }).catch((error: ExhibitError) => error);
    const banned = (retryAfter: number) =>
      new ExhibitError("VENDOR_THROTTLED", "slowly", { retryAfter });
    const asked = ["1", "2", "3"].map(ask);
    while (calls.size < 3) await setImmediate();
    calls.get("1")?.reject(banned(60_000));
    await asked[0];
    calls.get("2")?.reject(banned(1_000));
    await asked[1];
    calls.get("3")?.resolve(vendorAnswer(60_000));
    await asked[2];
    expect(await ask("4")).toMatchObject({ code: "VENDOR_THROTTLED", retryAfter: 60_000 });
  });
});

describe("a rate limit", () => {
  it("makes a call wait, and postpones it if that takes long", async () => {
    let calls = 0;
    const vendor = vendorOf(
      async () => {
        calls += 1;
        return vendorAnswer(60_000);
      },
      { rateLimit: { calls: 1, per_seconds: 3_600 } },
    );
    const broker = createBroker({ vendors: { fake: vendor } });
    await broker.lease(suit1);
    const error = await broker
      .lease({ ...suit1, suit_ids: ["2"] })
      .catch((thrown: ExhibitError) => thrown);
    expect(error).toMatchObject({ code: "VENDOR_THROTTLED" });
    expect((error as ExhibitError).retryAfter).toBeGreaterThan(3_590_000);
    expect(calls).toBe(1);
    expect(await broker.states()).toMatchObject([{ state: "ok", calls: 1 }]);
  });

  it("is checked by one waiting call at a time", async () => {
    const order: string[] = [];
    const vendor = vendorOf(
      async ({ suit_ids }) => {
        order.push(String(suit_ids));
        return vendorAnswer(60_000);
      },
      { rateLimit: { calls: 1, per_seconds: 0.05 } },
    );
    let looks = 0;
    const store = memoryLeaseStore();
    const countCall: LeaseStore["countCall"] = (key, limit) => {
      looks += 1;
      return store.countCall(key, limit);
    };
    const broker = createBroker({ vendors: { fake: vendor }, store: { ...store, countCall } });
    const suits = Array.from({ length: 20 }, (_, index) => String(index + 1));
    await Promise.all(suits.map((suit) => broker.lease({ ...suit1, suit_ids: [suit] })));
    expect(order).toHaveLength(20);
    // Each call finds it closed once and open once; a timer may fire a little early.
    expect(looks).toBeLessThan(80);
  });
});
