import type { Lease } from "@exhibit/credentials";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createObjectStore, type ObjectStore } from "../../src/index.ts";
import { type FakeOss, type FakeResponse, startFakeOss } from "../fake-oss.ts";
import { holderOf, leaseFor } from "../leases.ts";

const OF_ALL = "GetBucketWorm";
const OF_EACH = "GetBucketObjectWormConfiguration";

const policy = (state: string, days = "3650") =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<WormConfiguration>\n<WormId>1666E2CFB2B3418</WormId>\n<State>${state}</State>\n<RetentionPeriodInDays>${days}</RetentionPeriodInDays>\n<CreationDate>2020-10-15T15:50:32</CreationDate>\n</WormConfiguration>`;
const objectWorm = (rule = "", enabled = "Enabled") =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<ObjectWormConfiguration>\n  <ObjectWormEnabled>${enabled}</ObjectWormEnabled>${rule}</ObjectWormConfiguration>`;
const rule = (mode: string, period: string) =>
  objectWorm(
    `<Rule>\n<DefaultRetention>\n<Mode>${mode}</Mode>${period}</DefaultRetention>\n</Rule>\n`,
  );

let oss: FakeOss;
let store: ObjectStore;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  oss = await startFakeOss();
  store = createObjectStore({ baseDelay: 1 });
});
afterEach(async () => {
  vi.useRealTimers();
  store.close();
  await oss.close();
});

const ask = (change: Partial<Lease> = {}) =>
  store.bucketRetention({
    leases: holderOf((number) => ({ ...leaseFor(oss.endpoint, number), ...change })),
  });
const responding = (operation: string, response: FakeResponse) =>
  oss.always(operation, { kind: "respond", response });
const telling = (operation: string, xml: string) => responding(operation, { status: 200, xml });
const denied: FakeResponse = { status: 403, code: "AccessDenied" };

describe("What a bucket keeps", () => {
  test("is its own policy, for which the bucket itself is asked", async () => {
    oss.worms.ofAll = policy("Locked");
    expect(await ask()).toBe("locked 3650 days");
    expect(oss.requests).toMatchObject([{ method: "GET", key: "", query: { worm: "" } }]);
  });

  test("is said not to be locked yet, if it isn't", async () => {
    oss.worms.ofAll = policy("InProgress", "1");
    expect(await ask()).toBe("not yet locked 1 days");
  });

  test.each([
    ["each object 365 days", rule("COMPLIANCE", "<Days>365</Days>")],
    ["each object 10 years", rule("COMPLIANCE", "<Years>10</Years>")],
    ["each object 7 days, governance", rule("GOVERNANCE", "<Days>7</Days>")],
    ["each object when asked", objectWorm()],
  ])("object by object is %s", async (said, xml) => {
    oss.worms.ofEach = xml;
    expect(await ask()).toBe(said);
    expect(oss.operations()).toEqual([OF_ALL, OF_EACH]);
  });

  test("is asked object by object also where the policy is refused, or has lapsed", async () => {
    oss.worms.ofEach = rule("COMPLIANCE", "<Days>365</Days>");
    responding(OF_ALL, denied);
    expect(await ask()).toBe("each object 365 days");
    oss.worms.ofAll = policy("Expired");
    oss.always(OF_ALL, { kind: "before", run: () => {} });
    expect(await ask({ vendor: "rex" })).toBe("each object 365 days");
  });

  test("is none when OSS says so of both", async () => {
    expect(await ask()).toBe("none");
    oss.worms.ofAll = policy("Expired");
    expect(await ask({ vendor: "rex" })).toBe("none");
  });

  test.each<[string, () => void]>([
    ["the policy is refused", () => responding(OF_ALL, denied)],
    ["ObjectWorm is refused", () => responding(OF_EACH, denied)],
    ["there is no such bucket", () => responding(OF_ALL, { status: 404, code: "NoSuchBucket" })],
    ["the 404 is another's", () => responding(OF_ALL, { status: 404, foreign: true })],
    ["OSS is down", () => responding(OF_ALL, { status: 503, code: "ServiceUnavailable" })],
    ["OSS doesn't know of it", () => responding(OF_EACH, { status: 501, code: "NotImplemented" })],
    ["the connection breaks", () => oss.always(OF_EACH, { kind: "reset" })],
    ["it is a list of objects", () => telling(OF_ALL, "<ListBucketResult/>")],
    ["the state is another", () => telling(OF_ALL, policy("Frozen"))],
    ["there are no days", () => telling(OF_ALL, policy("Locked", "x"))],
    ["ObjectWorm is off", () => telling(OF_EACH, objectWorm("", "Disabled"))],
    ["the mode is another", () => telling(OF_EACH, rule("NONE", "<Days>1</Days>"))],
    ["the rule has no period", () => telling(OF_EACH, rule("COMPLIANCE", ""))],
  ])("is unknown when %s", async (_, prepare) => {
    prepare();
    expect(await ask()).toBe("unknown");
  });

  test("is unknown without a question where a lease is a signed URL", async () => {
    const object = {
      key: "case/1001/1.jpg",
      uploadUrl: `${oss.endpoint}/evidence/case/1001/1.jpg?a`,
    };
    expect(await ask({ object })).toBe("unknown");
    expect(oss.requests).toEqual([]);
  });

  test("is unknown where there is no lease", async () => {
    const refused = Promise.reject(new Error("no lease"));
    refused.catch(() => {});
    const leases = { current: () => refused, replace: () => refused };
    expect(await store.bucketRetention({ leases })).toBe("unknown");
  });
});

describe("A bucket", () => {
  test("is asked once for all who ask within ten minutes, by each vendor's leases", async () => {
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(["none", "none", "none"]);
    expect(oss.operations()).toEqual([OF_ALL, OF_EACH]);
    oss.worms.ofAll = policy("Locked");
    expect(await ask()).toBe("none");
    expect(await ask({ vendor: "rex" })).toBe("locked 3650 days");
    vi.advanceTimersByTime(10 * 60_000);
    expect(await ask()).toBe("locked 3650 days");
  });

  test("that refuses isn't asked again within ten minutes; one that was away is, after half a minute", async () => {
    responding(OF_ALL, denied);
    await ask();
    vi.advanceTimersByTime(10 * 60_000 - 1);
    oss.worms.ofAll = policy("Locked");
    oss.always(OF_ALL, { kind: "before", run: () => {} });
    expect(await ask()).toBe("unknown");
    responding(OF_ALL, { status: 503, code: "ServiceUnavailable" });
    expect(await ask({ vendor: "rex" })).toBe("unknown");
    oss.always(OF_ALL, { kind: "before", run: () => {} });
    vi.advanceTimersByTime(29_999);
    expect(await ask({ vendor: "rex" })).toBe("unknown");
    vi.advanceTimersByTime(1);
    expect(await ask({ vendor: "rex" })).toBe("locked 3650 days");
  });

  test("is asked again with a renewed lease, by a right clock, and after a fault that passes", async () => {
    oss.worms.ofAll = policy("Locked");
    oss.tokens.add("token-2");
    for (const response of [
      { status: 403, code: "SecurityTokenExpired" },
      { status: 403, code: "RequestTimeTooSkewed" },
      { status: 500, code: "InternalError" },
    ])
      oss.next(OF_ALL, { kind: "respond", response });
    expect(await ask()).toBe("locked 3650 days");
    expect(oss.operations()).toEqual(Array(4).fill(OF_ALL));
  });

  test("that never answers is given up", { timeout: 15_000 }, async () => {
    oss.always(OF_ALL, { kind: "hang" });
    expect(await ask()).toBe("unknown");
  });
});
