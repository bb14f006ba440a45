import { setImmediate } from "node:timers/promises";
import { inspect } from "node:util";
import { ExhibitError } from "@exhibit/contracts";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { z } from "zod";
import {
  type Broker,
  createBroker,
  type FolderOfCase,
  folderKey,
  memoryLeaseStore,
  type Vendor,
  type VendorAnswer,
} from "../../../src/index.ts";

const HOUR = 3_600_000;
const START = Date.UTC(2026, 10, 23);

/** Returns a vendor whose calls the test answers one by one. */
function fakeVendor() {
  const calls: {
    answer: (answer: VendorAnswer) => void;
    fail: (error: Error) => void;
    signal: AbortSignal;
  }[] = [];
  const vendor: Vendor = {
    name: "fake",
    selector: z.strictObject({ suit_id: z.string().trim().min(1) }),
    call: ({ suit_ids }) => ({ suit_ids: suit_ids.toSorted().join() }),
    issue(_call, { signal }) {
      const { promise, resolve, reject } = Promise.withResolvers<VendorAnswer>();
      signal.addEventListener("abort", () => reject(new ExhibitError("INTERRUPTED", "stopped")));
      calls.push({ answer: resolve, fail: reject, signal });
      return promise;
    },
  };
  return { vendor, calls };
}

let number = 0;
function answerFor(
  suits: string[],
  more: Partial<VendorAnswer> & { life?: number } = {},
): VendorAnswer {
  number += 1;
  const folders = Object.fromEntries(
    suits.map((id) => [folderKey({ suit_id: id }), `suits/${id}/`]),
  );
  return {
    leases: [
      {
        credentials: {
          accessKeyId: `STS.${number}`,
          accessKeySecret: `s${number}`,
          securityToken: `t${number}`,
        },
        bucket: {
          endpoint: "https://oss.test",
          region: "cn-test",
          name: "evidence",
          pathStyle: false,
          signatureVersion: "v4",
        },
        folders,
        prefixes: Object.values(folders),
        ends: { after: more.life ?? HOUR },
      },
    ],
    refusals: [],
    ...more,
  };
}

describe("the broker", () => {
  let time: number;
  let fake: ReturnType<typeof fakeVendor>;
  let broker: Broker;
  const of = (suit_id: string, suit_ids = ["1", "2"]): FolderOfCase => ({
    vendor: "fake",
    entrust_id: undefined,
    suit_ids,
    folder: { suit_id },
  });
  /** Lets settled promises go on, up to the vendor's next call. */
  const settled = () => setImmediate();
  const nextCall = async () => {
    const before = fake.calls.length;
    while (fake.calls.length === before) await settled();
    return fake.calls.at(-1) as (typeof fake.calls)[number];
  };
  /** Takes the first lease, so that there is one. */
  const firstLease = async (answer = answerFor(["1", "2"])) => {
    const call = nextCall();
    const lease = broker.lease(of("1"));
    (await call).answer(answer);
    return lease;
  };

  beforeEach(() => {
    time = START;
    fake = fakeVendor();
    broker = createBroker({ vendors: { fake: fake.vendor }, now: () => time });
  });

  it("gives a lease with the folder's own prefix, all prefixes, and its end", async () => {
    const lease = await firstLease();
    expect(lease).toMatchObject({
      vendor: "fake",
      prefix: "suits/1/",
      prefixes: ["suits/1/", "suits/2/"],
      expiresAt: new Date(START + HOUR),
      bucket: { name: "evidence" },
    });
    expect(lease.id).toMatch(/^[0-9a-f-]{36}$/);
  });

  it("tells which leases it holds, without anything that opens them", async () => {
    const first = await firstLease();
    const second = broker.lease(of("3", ["3"]));
    await settled();
    fake.calls.at(-1)?.answer(answerFor(["3"], { life: 2 * HOUR }));
    const place = { vendor: "fake", endpoint: "https://oss.test", bucket: "evidence" };
    const issued_at = new Date(START).toISOString();
    const ends = (hours: number) => new Date(START + hours * HOUR).toISOString();
    const ofFirst = { ...place, lease_id: first.id, prefixes: ["suits/1/", "suits/2/"] };
    const ofSecond = { ...place, lease_id: (await second).id, prefixes: ["suits/3/"] };
    expect(broker.held()).toEqual([
      { ...ofSecond, issued_at, expires_at: ends(2) },
      { ...ofFirst, issued_at, expires_at: ends(1) },
    ]);
    time += HOUR;
    expect(broker.held()).toEqual([{ ...ofSecond, issued_at, expires_at: ends(2) }]);
  });

  it("calls the vendor once for many requests, and for all folders that one call opens", async () => {
    const call = nextCall();
    const waiting = Array.from({ length: 400 }, (_, n) => broker.lease(of(n % 2 ? "1" : "2")));
    (await call).answer(answerFor(["1", "2"]));
    const leases = await Promise.all(waiting);
    expect(new Set(leases.map(({ id }) => id)).size).toBe(1);
    expect(new Set(leases.map(({ prefix }) => prefix))).toEqual(new Set(["suits/1/", "suits/2/"]));
    await broker.lease(of("2", ["2", "1"]));
    expect(fake.calls).toHaveLength(1);
  });

  it("makes another call for folders that the first one doesn't open", async () => {
    await firstLease();
    const call = nextCall();
    const other = broker.lease(of("3", ["3"]));
    (await call).answer(answerFor(["3"]));
    expect((await other).prefix).toBe("suits/3/");
  });

  it("uses a lease without a call until an eighth of its life is left", async () => {
    const first = await firstLease();
    time += HOUR * 0.879;
    expect(await broker.lease(of("1"))).toEqual(first);
    await settled();
    expect(fake.calls).toHaveLength(1);
  });

  it("renews in the background near the end, and replaces the lease as a whole", async () => {
    const first = await firstLease();
    time += HOUR * 0.93;
    const call = nextCall();
    expect(await broker.lease(of("1"))).toEqual(first);
    expect((await broker.lease(of("2"))).id).toBe(first.id);
    (await call).answer(answerFor(["1", "2"]));
    await settled();
    const second = await broker.lease(of("1"));
    expect(second.id).not.toBe(first.id);
    const tail = second.credentials.accessKeyId.replace("STS.", "");
    expect(second.credentials).toMatchObject({
      accessKeySecret: `s${tail}`,
      securityToken: `t${tail}`,
    });
    expect(fake.calls).toHaveLength(2);
  });

  it("goes on using the lease when its renewal fails, and doesn't retry at once", async () => {
    const first = await firstLease();
    time += HOUR * 0.93;
    const call = nextCall();
    await broker.lease(of("1"));
    (await call).fail(new ExhibitError("VENDOR_UNAVAILABLE", "down"));
    await settled();
    expect(await broker.lease(of("1"))).toEqual(first);
    expect(fake.calls).toHaveLength(2);
    time += 10_000;
    await broker.lease(of("1"));
    await settled();
    expect(fake.calls).toHaveLength(3);
  });

  it("hands out a lease to its end when its renewal is refused, calling once in ten seconds", async () => {
    const first = await firstLease();
    time += HOUR - 60_000;
    const refusals = [{ folder: folderKey({ suit_id: "1" }), code: "X", message: "busy" }];
    const call = nextCall();
    await broker.lease(of("1"));
    (await call).answer(answerFor(["2"], { refusals }));
    await settled();
    expect(await broker.lease(of("1"))).toEqual(first);
    expect((await broker.lease(of("2"))).id, "what was opened is new").not.toBe(first.id);
    time += 9_999;
    await broker.lease(of("1"));
    await settled();
    expect(fake.calls).toHaveLength(2);
    time += HOUR;
    const last = nextCall();
    const waiting = broker.lease(of("1"));
    (await last).answer(answerFor(["2"], { refusals }));
    await expect(waiting).rejects.toMatchObject({ code: "VENDOR_REFUSED" });
  });

  it("uses the last seconds of a lease when there is no other, without a call for each file", async () => {
    const first = await firstLease();
    time += HOUR - 5_000;
    const call = nextCall();
    const waiting = broker.lease(of("1"));
    (await call).answer(answerFor(["2"]));
    expect((await waiting).id).toBe(first.id);
    expect((await broker.lease(of("1"))).id).toBe(first.id);
    expect(fake.calls).toHaveLength(2);
  });

  it("doesn't hand out a lease that OSS refused again, even if there is no other", async () => {
    const first = await firstLease();
    time += 1_000;
    const call = nextCall();
    const waiting = broker.lease(of("1"), { unlike: first.id });
    (await call).answer(answerFor(["2"]));
    await expect(waiting).rejects.toMatchObject({ code: "VENDOR_REFUSED" });
  });

  it("calls again when a renewal in progress keeps the lease that OSS refused", async () => {
    const first = await firstLease();
    time += HOUR * 0.93;
    const renewal = nextCall();
    await broker.lease(of("1"));
    const { answer } = await renewal;
    const waiting = broker.lease(of("1"), { unlike: first.id });
    const next = nextCall();
    answer(answerFor(["2"]));
    (await next).answer(answerFor(["1", "2"]));
    expect((await waiting).id).not.toBe(first.id);
  });

  it("doesn't mistake a cached lease for a new one after the store was away for a moment", async () => {
    let isAway = false;
    const inner = memoryLeaseStore(() => time);
    const store: typeof inner = {
      ...inner,
      async get(key) {
        if (!isAway) return inner.get(key);
        isAway = false;
        return undefined;
      },
    };
    broker = createBroker({ vendors: { fake: fake.vendor }, store, now: () => time });
    const first = await firstLease();
    time += HOUR - 20_000;
    isAway = true;
    const call = nextCall();
    const waiting = broker.lease(of("1"));
    (await call).answer(answerFor(["1", "2"]));
    expect((await waiting).id).not.toBe(first.id);
  });

  it("hands out credentials that can be used but not printed", async () => {
    const lease = await firstLease();
    expect(inspect(lease, { depth: null })).not.toContain(lease.credentials.securityToken);
    expect(inspect(lease, { depth: null })).toContain("credentials: ***");
    expect(JSON.parse(JSON.stringify(lease.credentials))).toEqual({ ...lease.credentials });
  });

  it("doesn't try to renew for every file when the store fails", async () => {
    let looks = 0;
    let isBroken = false;
    const inner = memoryLeaseStore(() => time);
    const store: typeof inner = {
      ...inner,
      async failure(key) {
        if (!isBroken) return inner.failure(key);
        looks += 1;
        throw new Error("broken");
      },
    };
    broker = createBroker({ vendors: { fake: fake.vendor }, store, now: () => time });
    await firstLease();
    time += HOUR * 0.93;
    isBroken = true;
    for (let file = 0; file < 3; file += 1) {
      await broker.lease(of("1"));
      await settled();
    }
    expect(looks).toBe(1);
  });

  it.each([
    ["half a minute by default", HOUR, HOUR - 29_000, {}],
    ["what is asked for", HOUR, HOUR - 19 * 60_000, { minimumRemaining: 20 * 60_000 }],
    ["a twentieth of a short life", 100_000, 95_500, {}],
    ["nothing of an ended one", HOUR, HOUR, { minimumRemaining: 0 }],
  ])("waits for a new lease when less is left than %s", async (_name, life, passed, options) => {
    const first = await firstLease(answerFor(["1", "2"], { life }));
    time += passed;
    const call = nextCall();
    const waiting = broker.lease(of("1"), options);
    (await call).answer(answerFor(["1", "2"]));
    expect((await waiting).id).not.toBe(first.id);
  });

  it("grants at most half of a life, so that leases aren't replaced at once", async () => {
    const first = await firstLease();
    time += HOUR * 0.49;
    expect((await broker.lease(of("1"), { minimumRemaining: 24 * HOUR })).id).toBe(first.id);
  });

  it("replaces a lease that OSS refused, once for everyone who used it", async () => {
    const first = await firstLease();
    const call = nextCall();
    const waiting = Array.from({ length: 16 }, () => broker.lease(of("1"), { unlike: first.id }));
    (await call).answer(answerFor(["1", "2"]));
    const ids = new Set((await Promise.all(waiting)).map(({ id }) => id));
    expect(ids.size).toBe(1);
    expect(ids).not.toContain(first.id);
    const late = await broker.lease(of("2"), { unlike: first.id });
    expect(ids).toContain(late.id);
    expect(fake.calls).toHaveLength(2);
  });

  it("refuses only the folder that the vendor refused, with the vendor's own code and message", async () => {
    const refusals = [
      { folder: folderKey({ suit_id: "2" }), code: "CLOSED", message: "案件已结案" },
    ];
    await firstLease(answerFor(["1"], { refusals }));
    await expect(broker.lease(of("2"))).rejects.toMatchObject({
      code: "VENDOR_REFUSED",
      message: "fake: doesn't open suit_id 2: CLOSED 案件已结案",
      details: { vendor: "fake", code: "CLOSED", message: "案件已结案" },
    });
    expect((await broker.lease(of("1"))).prefix).toBe("suits/1/");
    expect(fake.calls).toHaveLength(1);
  });

  it("refuses a folder that isn't open with the general refusal, or in its own words", async () => {
    await firstLease(answerFor(["1"], { refusals: [{ folder: null, code: "X", message: "why" }] }));
    await expect(broker.lease(of("2"))).rejects.toThrow("doesn't open suit_id 2: X why");
    const call = nextCall();
    const other = broker.lease(of("3", ["3", "4"]));
    (await call).answer(answerFor(["4"]));
    await expect(other).rejects.toThrow(
      "doesn't open suit_id 3: the answer doesn't open this folder",
    );
  });

  it("caches a refusal for ten seconds, then calls again", async () => {
    await firstLease(answerFor(["1"]));
    time += 9_999;
    await expect(broker.lease(of("2"))).rejects.toMatchObject({ code: "VENDOR_REFUSED" });
    expect(fake.calls).toHaveLength(1);
    time += 1;
    const call = nextCall();
    const again = broker.lease(of("2"));
    (await call).answer(answerFor(["1", "2"]));
    expect((await again).prefix).toBe("suits/2/");
  });

  it("calls again for a retry after a refusal, once for all of them", async () => {
    await firstLease(answerFor(["1"]));
    time += 100;
    const refusedSince = time;
    const call = nextCall();
    const again = [
      broker.lease(of("2"), { refusedSince }),
      broker.lease(of("2"), { refusedSince }),
    ];
    (await call).answer(answerFor(["1"]));
    for (const lease of again)
      await expect(lease).rejects.toMatchObject({ code: "VENDOR_REFUSED" });
    await expect(broker.lease(of("2"), { refusedSince })).rejects.toMatchObject({
      code: "VENDOR_REFUSED",
    });
    expect(fake.calls).toHaveLength(2);
  });

  it("calls again for a retry after a refusal of a whole call", async () => {
    const error = new ExhibitError("VENDOR_MISCONFIGURED", "no");
    const call = nextCall();
    const waiting = broker.lease(of("1"));
    (await call).fail(error);
    await expect(waiting).rejects.toBe(error);
    time += 1;
    const next = nextCall();
    const again = broker.lease(of("1"), { refusedSince: time });
    (await next).answer(answerFor(["1"]));
    expect((await again).prefix).toBe("suits/1/");
  });

  it.each(["VENDOR_REFUSED", "VENDOR_MISCONFIGURED"] as const)(
    "caches %s of a whole call for ten seconds",
    async (code) => {
      const error = new ExhibitError(code, "no");
      const call = nextCall();
      const waiting = broker.lease(of("1"));
      (await call).fail(error);
      await expect(waiting).rejects.toBe(error);
      await expect(broker.lease(of("2"))).rejects.toBe(error);
      expect(fake.calls).toHaveLength(1);
      time += 10_000;
      const again = nextCall();
      const later = broker.lease(of("1"));
      (await again).answer(answerFor(["1"]));
      expect((await later).prefix).toBe("suits/1/");
    },
  );

  it.each(["VENDOR_UNAVAILABLE", "VENDOR_ANSWER_INVALID", "VENDOR_CLOCK"] as const)(
    "throws %s as it is, and calls again for the next request",
    async (code) => {
      const error = new ExhibitError(code, "no");
      const call = nextCall();
      const waiting = [broker.lease(of("1")), broker.lease(of("2"))];
      (await call).fail(error);
      const results = await Promise.allSettled(waiting);
      expect(
        results.map((result) => result.status === "rejected" && result.reason === error),
      ).toEqual([true, true]);
      const again = nextCall();
      const later = broker.lease(of("1"));
      (await again).answer(answerFor(["1"]));
      expect((await later).prefix).toBe("suits/1/");
    },
  );

  it("doesn't call a vendor while its ban lasts, whatever is requested", async () => {
    const error = new ExhibitError("VENDOR_THROTTLED", "slowly", { retryAfter: 3000 });
    const call = nextCall();
    const waiting = broker.lease(of("1"));
    (await call).fail(error);
    await expect(waiting).rejects.toBe(error);
    time += 2999;
    await expect(broker.lease(of("9", ["9"]))).rejects.toMatchObject({
      code: "VENDOR_THROTTLED",
      message: "slowly",
      retryAfter: 1,
      cause: error,
    });
    expect(fake.calls).toHaveLength(1);
    time += 1;
    const again = nextCall();
    const later = broker.lease(of("9", ["9"]));
    (await again).answer(answerFor(["9"]));
    expect((await later).prefix).toBe("suits/9/");
  });

  it("rejects a lease that has already expired", async () => {
    await expect(firstLease(answerFor(["1"], { life: 0 }))).rejects.toMatchObject({
      code: "VENDOR_ANSWER_INVALID",
    });
  });

  it.each([
    [{ at: START, said: "1795392000" }, "1795392000, and it is", "check the clock"],
    [
      { at: START - HOUR, said: "00:00:00", zone: "+08:00", atIfUtc: START },
      "00:00:00 (read in the zone +08:00), and it is",
      "check the clock and `expiration_zone`",
    ],
  ])("says how it read an end that is in the past", async (ends, reading, cure) => {
    const answer = answerFor(["1"]);
    const leases = answer.leases.map((lease) => ({ ...lease, ends }));
    await expect(firstLease({ ...answer, leases })).rejects.toMatchObject({
      code: "VENDOR_ANSWER_INVALID",
      message: `fake: the answer can't be used: its credentials expired at ${reading} 2026-11-23T00:00:00.000Z: ${cure}`,
    });
  });

  it("reads an end without a zone as UTC if it would otherwise be past, and reports it once", async () => {
    const onAssumedUtc = vi.fn();
    broker = createBroker({ vendors: { fake: fake.vendor }, now: () => time, onAssumedUtc });
    const ends = { at: START - 7 * HOUR, said: "01:00:00", zone: "+08:00", atIfUtc: START + HOUR };
    const answer = answerFor(["1", "2"]);
    const lease = await firstLease({
      ...answer,
      leases: answer.leases.map((issued) => ({ ...issued, ends })),
    });
    expect(lease).toMatchObject({ expiresAt: new Date(START + HOUR), assumedUtc: "01:00:00" });
    await broker.lease(of("2"));
    expect(onAssumedUtc.mock.calls).toEqual([["fake", "01:00:00"]]);
  });

  it("rejects a lease on a whole bucket", async () => {
    const answer = answerFor(["1"]);
    const folders = { [folderKey({ suit_id: "1" })]: "" };
    const leases = answer.leases.map((lease) => ({ ...lease, folders, prefixes: [""] }));
    await expect(firstLease({ ...answer, leases })).rejects.toMatchObject({
      code: "VENDOR_ANSWER_INVALID",
      message: expect.stringContaining("whole bucket"),
    });
  });

  it("doesn't hand out a lease that expired on its way", async () => {
    const call = nextCall();
    const waiting = broker.lease(of("1"));
    const { answer } = await call;
    time += 1_001;
    const second = nextCall();
    answer(answerFor(["1"], { life: 1_000 }));
    (await second).answer(answerFor(["1"], { life: 1_000 }));
    expect((await waiting).expiresAt.getTime()).toBeGreaterThan(time);
    expect(fake.calls).toHaveLength(2);
  });

  it.each([
    ["VENDOR_MISCONFIGURED", "failing"],
    ["VENDOR_ANSWER_INVALID", "failing"],
    ["VENDOR_CLOCK", "failing"],
    ["VENDOR_REFUSED", "ok"],
  ] as const)("shows a vendor's state after %s as %s, until it answers", async (code, state) => {
    const call = nextCall();
    const waiting = broker.lease(of("1"));
    (await call).fail(new ExhibitError(code, "fake: no"));
    await expect(waiting).rejects.toMatchObject({ code });
    expect(await broker.states()).toMatchObject([{ state, last_error_code: code }]);
    time += 20_000;
    await firstLease();
    expect(await broker.states()).toMatchObject([{ state: "ok", last_error_code: code }]);
  });

  it("lets one caller leave without stopping the call for the others", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const call = nextCall();
    const leaving = broker.lease(of("1"), { signal: controller.signal });
    const staying = broker.lease(of("1"));
    const { answer, signal } = await call;
    controller.abort(reason);
    await expect(leaving).rejects.toMatchObject({ code: "INTERRUPTED", cause: reason });
    expect(signal.aborted).toBe(false);
    answer(answerFor(["1", "2"]));
    expect((await staying).prefix).toBe("suits/1/");
  });

  it("makes no call for a caller that has already left", async () => {
    const waiting = broker.lease(of("1"), { signal: AbortSignal.abort() });
    await expect(waiting).rejects.toMatchObject({ code: "INTERRUPTED" });
    await settled();
    expect(fake.calls).toEqual([]);
  });

  it("stops the calls in progress when it is closed, and makes no more", async () => {
    const call = nextCall();
    const waiting = broker.lease(of("1"));
    await call;
    broker.close();
    await expect(waiting).rejects.toMatchObject({ code: "INTERRUPTED" });
    await expect(broker.lease(of("9", ["9"]))).rejects.toMatchObject({ code: "INTERRUPTED" });
    expect(fake.calls).toHaveLength(1);
  });

  it.each([
    [{ vendor: "nobody" }, /^vendor: "nobody" isn't configured; configured: fake$/],
    [{ vendor: "toString" }, /^vendor: /],
    [{ folder: { suit_id: " " } }, /^folder\.suit_id: /],
    [{ folder: { suit_id: "1", role: "x" } }, /^folder: there is no "role" here$/],
  ])("checks %j without a call", async (part, message) => {
    const bad = { ...of("1"), ...part } as FolderOfCase;
    expect(() => broker.check(bad)).toThrow(
      expect.objectContaining({ code: "REQUEST_INVALID", message: expect.stringMatching(message) }),
    );
    await expect(broker.lease(bad)).rejects.toMatchObject({ code: "REQUEST_INVALID" });
    expect(() => broker.check(of("1"))).not.toThrow();
    expect(fake.calls).toEqual([]);
  });

  it("shares answers with other brokers through the store, as plain data", async () => {
    const inner = memoryLeaseStore(() => time);
    const store: typeof inner = {
      ...inner,
      get: async (key) => structuredClone(await inner.get(key)),
      put: (key, answer, options) => inner.put(key, JSON.parse(JSON.stringify(answer)), options),
    };
    broker = createBroker({ vendors: { fake: fake.vendor }, store, now: () => time });
    const first = await firstLease();
    const other = createBroker({ vendors: { fake: fake.vendor }, store, now: () => time });
    expect(await other.lease(of("1"))).toEqual(first);
    expect(fake.calls).toHaveLength(1);
  });

  it("leaves the call to others when it is closed in the middle of its own, without telling them of a failure", async () => {
    const store = memoryLeaseStore(() => time);
    const [leaving, staying] = [1, 2].map(() =>
      createBroker({ vendors: { fake: fake.vendor }, store, now: () => time }),
    ) as [Broker, Broker];
    const first = nextCall();
    const lost = leaving.lease(of("1"));
    await first;
    const second = nextCall();
    const lease = staying.lease(of("1"));
    leaving.close();
    await expect(lost).rejects.toMatchObject({ code: "INTERRUPTED" });
    (await second).answer(answerFor(["1", "2"]));
    expect(await lease).toMatchObject({ prefix: "suits/1/" });
  });
});

describe("the memory store", () => {
  it("deletes expired entries", async () => {
    let time = 0;
    const store = memoryLeaseStore(() => time);
    const answer = { answeredAt: 0, leases: [], refusals: [] };
    await store.put("a", answer, { until: 10 });
    time = 9;
    expect(await store.get("a")).toBe(answer);
    time = 10;
    expect(await store.get("a")).toBeUndefined();
  });
});
