import type { ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createObjectStore, type ObjectStore, type ObjectStoreOptions } from "../../src/index.ts";
import { type FakeOss, type Mood, startFakeOss } from "../fake-oss.ts";
import { bodyOfBytes, bytesOf, holderOf, leaseFor } from "../leases.ts";

const content = bytesOf(300_000);
const denied: Mood = { kind: "respond", response: { status: 403, code: "AccessDenied" } };
const down: Mood = { kind: "respond", response: { status: 503, code: "ServiceUnavailable" } };
const period = { count: 10, unit: "years" } as const;

const ways: [string, ObjectStoreOptions][] = [
  ["a file of one request", {}],
  ["a file in parts", { singlePutLimit: 1000, partSize: 102_400 }],
];

describe.each(ways)("the object of %s", (_, options) => {
  let oss: FakeOss;
  let store: ObjectStore;
  let incidents: ExhibitError[];

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    incidents = [];
    oss = await startFakeOss({ versioned: true, now: () => Date.UTC(2028, 1, 29, 8, 0, 0, 999) });
    store = createObjectStore({ baseDelay: 1, attempts: 2, ...options });
  });

  afterEach(async () => {
    vi.useRealTimers();
    store.close();
    await oss.close();
  });

  const put = (name: string, change: Partial<Lease> = {}) =>
    store.put({
      leases: holderOf((number) => ({ ...leaseFor(oss.endpoint, number), ...change })),
      name,
      body: bodyOfBytes(content),
      retention: period,
      onIncident: (incident) => incidents.push(incident),
    });
  const asked = () => oss.operations().filter((name) => name === "PutObjectRetention").length;
  const codes = () => incidents.map(({ code }) => code);

  test("is kept from when it was stored, in its version, and the receipt says until when", async () => {
    const until = new Date("2038-03-01T08:00:00.000Z");
    const receipt = await put("a.pdf");
    expect(receipt).toMatchObject({ outcome: "stored", retainedUntil: until });
    expect([...oss.kept]).toEqual([[`case/1001/a.pdf ${receipt.versionId ?? ""}`, until]]);
    expect(incidents).toEqual([]);
  });

  test("is kept as well when it was there already", async () => {
    await put("a.pdf");
    expect(await put("a.pdf")).toMatchObject({
      outcome: "identical",
      retainedUntil: expect.any(Date),
    });
    expect(asked()).toBe(2);
  });

  test("is stored all the same when OSS refuses, which is told and not tried again within the hour", async () => {
    oss.always("PutObjectRetention", denied);
    const receipt = await put("a.pdf");
    expect(receipt.outcome).toBe("stored");
    expect(receipt.retainedUntil).toBeUndefined();
    expect(codes()).toEqual(["RETENTION_REFUSED"]);
    expect(incidents[0]?.message).toMatch(/case\/1001\/a\.pdf.*2038-03-01.*AccessDenied/);
    await put("b.pdf");
    expect(asked()).toBe(1);
    await put("b.pdf", { vendor: "rex" });
    expect(asked()).toBe(2);
    vi.advanceTimersByTime(60 * 60_000);
    await put("c.pdf");
    expect(asked()).toBe(3);
    expect(codes()).toHaveLength(3);
  });

  test("is stored when OSS is down for the retention alone, and the next one is tried", async () => {
    oss.next("PutObjectRetention", down, down);
    expect((await put("a.pdf")).retainedUntil).toBeUndefined();
    expect(codes()).toEqual(["RETENTION_REFUSED"]);
    expect((await put("b.pdf")).retainedUntil).toBeDefined();
  });

  test("is asked for again after a fault that passes, and with a lease that is renewed", async () => {
    oss.tokens.add("token-2");
    oss.next("PutObjectRetention", down, {
      kind: "respond",
      response: { status: 403, code: "SecurityTokenExpired" },
    });
    expect((await put("a.pdf")).retainedUntil).toBeDefined();
    expect(incidents).toEqual([]);
  });
});

test("without a period OSS isn't asked", async () => {
  await using stack = new AsyncDisposableStack();
  const oss = stack.adopt(await startFakeOss(), (theirs) => theirs.close());
  const store = stack.adopt(createObjectStore(), (theirs) => theirs.close());
  const leases = holderOf((number) => leaseFor(oss.endpoint, number));
  const receipt = await store.put({ leases, name: "a.pdf", body: bodyOfBytes(content) });
  expect("retainedUntil" in receipt).toBe(false);
  expect(oss.operations()).not.toContain("PutObjectRetention");
});
