import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { ExhibitError } from "@exhibit/contracts";
import type { Bucket } from "@exhibit/credentials";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createObjectStore,
  type ObjectStore,
  type ObjectStoreOptions,
  type PutRequest,
} from "../../src/index.ts";
import { createHeadFirst } from "../../src/put/head-first.ts";
import { crc64Of, type FakeOss, type FakeResponse, type Mood, startFakeOss } from "../fake-oss.ts";
import {
  bodyOfBytes,
  bytesOf,
  holderOf,
  leaseFor,
  pieceOf,
  secretsOfLeases,
  type TestHolder,
} from "../leases.ts";

const key = "case/1001/证据/a b.pdf";
const content = bytesOf(300_000);
const denied: Mood = { kind: "respond", response: { status: 403, code: "AccessDenied" } };
const down: Mood = { kind: "respond", response: { status: 500, code: "InternalError" } };

let oss: FakeOss;
let store: ObjectStore;
let leases: TestHolder;

beforeEach(async () => {
  oss = await startFakeOss();
  leases = holderOf((number) => leaseFor(oss.endpoint, number));
  store = await createStore();
});

afterEach(async () => {
  store.close();
  await oss.close();
});

/** Returns a store that has stored something already, so that it knows the bucket. */
async function createStore(options: ObjectStoreOptions = {}): Promise<ObjectStore> {
  const created = createObjectStore({ baseDelay: 1, ...options });
  const own = holderOf((number) => leaseFor(oss.endpoint, number));
  await created.put({ leases: own, name: "first", body: bodyOfBytes(Buffer.alloc(0)) });
  oss.objects.delete("case/1001/first");
  oss.requests.length = 0;
  return created;
}

function put(request: Partial<PutRequest> = {}) {
  return store.put({ leases, name: "证据/a b.pdf", body: bodyOfBytes(content), ...request });
}

async function failureOf(work: Promise<unknown>): Promise<ExhibitError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ExhibitError)) throw new Error(`no ExhibitError: ${inspect(error)}`);
  for (const secret of secretsOfLeases)
    expect(inspect(error, { depth: null })).not.toContain(secret);
  return error;
}

function responding(response: FakeResponse): Mood {
  return { kind: "respond", response };
}

describe("a small file", () => {
  it("is stored by one PUT, read once, and proved by the receipt", async () => {
    const body = bodyOfBytes(content);
    const receipt = await put({ body });
    expect(receipt).toEqual({
      outcome: "stored",
      endpoint: oss.endpoint,
      bucket: "evidence",
      key,
      size: content.length,
      sha256: createHash("sha256").update(content).digest(),
      crc64: await crc64Of(content),
      etag: oss.objects.get(key)?.etag,
      requestId: "REQ-1",
      versionId: undefined,
      storedAt: expect.any(Date),
      leaseId: "lease-1",
    });
    expect(oss.objects.get(key)?.content).toEqual(content);
    expect(oss.operations()).toEqual(["PutObject"]);
    expect(body.reads).toEqual([[0, content.length]]);
  });

  it("is sent with its length, never chunked, and may not overwrite", async () => {
    await put();
    expect(oss.requests[0]?.headers).toMatchObject({
      "content-length": String(content.length),
      "content-type": "application/pdf",
      "x-oss-forbid-overwrite": "true",
      "x-oss-security-token": "token-1",
      "x-oss-content-sha256": "UNSIGNED-PAYLOAD",
    });
    expect(oss.requests[0]?.headers).not.toHaveProperty("transfer-encoding");
  });

  it("may be empty", async () => {
    const receipt = await put({ body: bodyOfBytes(Buffer.alloc(0)) });
    expect(receipt).toMatchObject({ outcome: "stored", size: 0, crc64: 0n });
    expect(oss.objects.get(key)?.size).toBe(0);
  });

  it("is signed with V1 if the bucket asks for it", async () => {
    leases = holderOf((number) => leaseFor(oss.endpoint, number, { signatureVersion: "v1" }));
    await put();
    expect(oss.requests[0]?.headers.authorization).toMatch(/^OSS STS\.key-1:/);
    expect(oss.requests[0]?.headers["x-oss-date"]).toMatch(/GMT$/);
  });

  it("asks for a lease that stays valid for a while", async () => {
    store = await createStore({ minimumRemaining: 12_345 });
    await put();
    expect(leases.asked).toContainEqual({ minimumRemaining: 12_345 });
  });

  it("leaves its connection open for the next one", async () => {
    const ports = new Set<unknown>();
    await put({ name: "1" });
    await put({ name: "2" });
    for (const { headers } of oss.requests) ports.add(headers.connection);
    expect(ports).toEqual(new Set(["keep-alive"]));
  });

  it("reports each byte once, even if it was sent twice", async () => {
    oss.next("PutObject", down);
    const steps: number[] = [];
    await put({ onBytes: (bytes) => steps.push(bytes) });
    expect(oss.operations()).toHaveLength(2);
    expect(steps.reduce((sum, step) => sum + step)).toBe(content.length);
    expect(Math.min(...steps)).toBeGreaterThan(0);
  });

  it.each([
    ["fewer", content.length + 1],
    ["more", content.length - 1],
  ])("that has %s bytes than declared is SOURCE_CHANGED, and nothing is sent", async (_, size) => {
    const whole = { ...bodyOfBytes(content), size, read: async () => pieceOf(content, content) };
    expect(await failureOf(put({ body: whole }))).toMatchObject({ code: "SOURCE_CHANGED" });
    expect(oss.requests).toEqual([]);
  });

  it("whose reading fails ends with the source's own error", async () => {
    const failure = new ExhibitError("SOURCE_UNREADABLE", "No.");
    const body = {
      size: 10,
      read: () => Promise.reject(failure),
      rewind: async () => {},
    };
    expect(await failureOf(put({ body }))).toBe(failure);
  });

  it("whose key lies outside the lease isn't sent", async () => {
    leases = holderOf((number) => ({ ...leaseFor(oss.endpoint, number), prefixes: ["other/"] }));
    expect(await failureOf(put())).toMatchObject({ code: "KEY_OUTSIDE_LEASE" });
    expect(oss.requests).toEqual([]);
  });
});

describe("an object that is there already", () => {
  it("is identical when it has the same bytes", async () => {
    await oss.seed(key, content, { lastModified: new Date("2026-01-02T03:04:05Z") });
    expect(await put()).toMatchObject({
      outcome: "identical",
      requestId: "REQ-2",
      storedAt: new Date("2026-01-02T03:04:05Z"),
      crc64: await crc64Of(content),
      etag: oss.objects.get(key)?.etag,
    });
  });

  it("is a conflict when it has as many but other bytes, and stays untouched", async () => {
    const other = bytesOf(content.length, 7);
    await oss.seed(key, other);
    const error = await failureOf(put());
    expect(error).toMatchObject({
      code: "EVIDENCE_CONFLICT",
      details: {
        key,
        size: content.length,
        stored_size: other.length,
        crc64: String(await crc64Of(content)),
        stored_crc64: String(await crc64Of(other)),
      },
    });
    expect(oss.objects.get(key)?.content).toEqual(other);
  });

  it("can't be told from an identical one when it has no CRC64 to compare with", async () => {
    await oss.seed(key, content, { crc64: undefined });
    expect(await failureOf(put())).toMatchObject({
      code: "STORE_PROOF_MISSING",
      message: expect.stringContaining("carries no CRC64 (x-oss-hash-crc64ecma)"),
    });
    expect(oss.objects.get(key)?.content).toEqual(content);
  });

  it("is a conflict when it has no CRC64, but another size", async () => {
    await oss.seed(key, bytesOf(content.length + 1), { crc64: undefined });
    expect(await failureOf(put())).toMatchObject({
      code: "EVIDENCE_CONFLICT",
      message: expect.stringContaining("unknown CRC64"),
    });
  });

  it.each([
    ["refused", denied],
    ["answered as if there were none", responding({ status: 404, code: "NoSuchKey" })],
  ])("can't be told from an identical one when HEAD is %s", async (_, mood) => {
    await oss.seed(key, content);
    oss.always("HeadObject", mood);
    expect(await failureOf(put())).toMatchObject({
      code: "STORE_DENIED",
      message: expect.stringContaining("can't be told"),
    });
  });

  it("is found even if OSS responds before it has the body", async () => {
    const large = bytesOf(4_000_000);
    await oss.seed(key, large);
    oss.always("PutObject", {
      kind: "early",
      response: { status: 409, code: "FileAlreadyExists" },
    });
    expect(await put({ body: bodyOfBytes(large) })).toMatchObject({ outcome: "identical" });
  });
});

describe("a lost response", () => {
  it("is stored when the object that is there then is this call's own", async () => {
    oss.next("PutObject", { kind: "lose-response" });
    expect(await put()).toMatchObject({ outcome: "stored", requestId: "REQ-3" });
    expect(oss.operations()).toEqual(["PutObject", "PutObject", "HeadObject"]);
  });

  it("is identical when the object is older than this call", async () => {
    await oss.seed(key, content, { lastModified: new Date(Date.now() - 60_000) });
    oss.next("PutObject", { kind: "lose-response" });
    expect(await put()).toMatchObject({ outcome: "identical" });
  });

  it("is identical when the body never went out whole, however young the object is", async () => {
    // More than the buffers of a connection hold, so that a server that is slow to reset it hasn't all.
    const large = bytesOf(24_000_000);
    store.close();
    store = await createStore({ singlePutLimit: large.length });
    await oss.seed(key, large, { lastModified: new Date(Date.now() + 1_000) });
    oss.next("PutObject", { kind: "reset" });
    expect(await put({ body: bodyOfBytes(large) })).toMatchObject({ outcome: "identical" });
    expect(oss.operations()).toEqual(["PutObject", "PutObject", "HeadObject"]);
  });

  it("isn't lost when OSS refuses the write: an object that is there then is somebody else's", async () => {
    await oss.seed(key, content, { lastModified: new Date(Date.now() + 1_000) });
    oss.next("PutObject", responding({ status: 408 }));
    expect(await put()).toMatchObject({ outcome: "identical" });
    expect(oss.operations()).toEqual(["PutObject", "PutObject", "HeadObject"]);
  });

  it("is a conflict when somebody else's bytes are there", async () => {
    oss.next("PutObject", { kind: "reset" }, { kind: "before", run: () => undefined });
    await oss.seed(key, bytesOf(10));
    expect(await failureOf(put())).toMatchObject({ code: "EVIDENCE_CONFLICT" });
  });

  it("followed by an error 500 is stored when the object is there", async () => {
    oss.next("PutObject", { kind: "lose-response" }, down);
    expect(await put()).toMatchObject({ outcome: "stored" });
  });
});

describe("a damaged write", () => {
  it("is overwritten with the good bytes once it is proved to be our own", async () => {
    oss.next("PutObject", { kind: "damage" });
    const incidents: ExhibitError[] = [];
    const receipt = await put({ onIncident: (incident) => incidents.push(incident) });
    expect(receipt).toMatchObject({ outcome: "stored", crc64: await crc64Of(content) });
    // The file is stored; what happened on the way is reported.
    expect(incidents.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      expect.stringMatching(/^DIGEST_MISMATCH: OSS's CRC64 of ".*a b\.pdf" is \d+, ours is \d+\.$/),
      expect.stringMatching(/^DIGEST_MISMATCH: Our own damaged copy at .* is overwritten\.$/),
    ]);
    expect(oss.operations()).toEqual(["PutObject", "HeadObject", "PutObject"]);
    expect(oss.requests[2]?.headers).not.toHaveProperty("x-oss-forbid-overwrite");
    expect(oss.objects.get(key)?.content).toEqual(content);
  });

  it("is left alone when another object has replaced it meanwhile", async () => {
    const other = bytesOf(77);
    const crc64 = await crc64Of(other);
    const swap = () =>
      oss.objects.set(key, {
        content: other,
        size: 77,
        crc64,
        etag: '"OTHER"',
        lastModified: new Date(),
      });
    oss.next("PutObject", { kind: "damage" });
    oss.next("HeadObject", { kind: "before", run: swap });
    expect(await failureOf(put())).toMatchObject({ code: "EVIDENCE_CONFLICT" });
    expect(oss.objects.get(key)?.content).toEqual(other);
  });

  it("isn't taken for our own because of its CRC64 alone", async () => {
    const swap = () => {
      const ours = oss.objects.get(key);
      if (ours) oss.objects.set(key, { ...ours, etag: '"OTHER"' });
    };
    oss.next("PutObject", { kind: "damage" });
    oss.next("HeadObject", { kind: "before", run: swap });
    expect(await failureOf(put())).toMatchObject({ code: "EVIDENCE_CONFLICT" });
  });

  it("is stored when only the response was wrong and the object has our bytes", async () => {
    oss.next("PutObject", { kind: "lie" });
    expect(await put()).toMatchObject({ outcome: "stored", requestId: "REQ-2" });
    expect(oss.operations()).toEqual(["PutObject", "HeadObject"]);
  });

  it("is DIGEST_MISMATCH when the object may not be looked at, and isn't overwritten", async () => {
    oss.next("PutObject", { kind: "damage" });
    oss.always("HeadObject", denied);
    expect(await failureOf(put())).toMatchObject({
      code: "DIGEST_MISMATCH",
      details: { etag: expect.any(String), oss_request_id: "REQ-1" },
    });
    expect(oss.operations().filter((operation) => operation === "PutObject")).toHaveLength(1);
  });

  it("is DIGEST_MISMATCH when it is damaged each time", async () => {
    oss.always("PutObject", { kind: "damage" });
    let incidents = 0;
    const onIncident = () => {
      incidents += 1;
    };
    expect(await failureOf(put({ onIncident }))).toMatchObject({ code: "DIGEST_MISMATCH" });
    // Five copies arrived damaged, and four of them were overwritten.
    expect(incidents).toBe(9);
    expect(oss.operations().filter((operation) => operation === "PutObject")).toHaveLength(5);
  });

  it("is written anew, without overwriting, when it is gone", async () => {
    oss.next("PutObject", { kind: "damage" });
    oss.next("HeadObject", { kind: "before", run: () => oss.objects.clear() });
    expect(await put()).toMatchObject({ outcome: "stored" });
    expect(oss.requests[2]?.headers["x-oss-forbid-overwrite"]).toBe("true");
  });
});

describe("a response without a CRC64", () => {
  it("is replaced by the CRC64 of the object", async () => {
    oss.next("PutObject", { kind: "no-crc64" });
    expect(await put()).toMatchObject({ outcome: "stored", requestId: "REQ-2" });
    expect(oss.operations()).toEqual(["PutObject", "HeadObject"]);
  });

  it.each([
    ["tells none either", { kind: "no-crc64" } satisfies Mood],
    ["may not be looked at", denied],
    ["isn't there", responding({ status: 404, code: "NoSuchKey" })],
  ])("proves nothing when the object %s, and the file isn't sent again", async (_, mood) => {
    oss.always("PutObject", { kind: "no-crc64" });
    oss.always("HeadObject", mood);
    expect(await failureOf(put())).toMatchObject({
      code: "STORE_PROOF_MISSING",
      action: "never",
      message: expect.stringContaining("carries no CRC64 (x-oss-hash-crc64ecma)"),
      details: { oss_request_id: "REQ-1" },
    });
    expect(oss.operations()).toEqual(["PutObject", "HeadObject"]);
  });
});

describe("a 200 that is no success", () => {
  const page = { "content-type": "text/html; charset=utf-8" };
  it("is OSS's own error when it has one in its body", async () => {
    oss.always("PutObject", responding({ status: 200, code: "InternalError" }));
    expect(await failureOf(put())).toMatchObject({
      code: "STORE_UNAVAILABLE",
      message: expect.stringContaining("200 InternalError: It is InternalError."),
    });
  });

  it("isn't OSS's when it is a page", async () => {
    const xml = "\n<!DOCTYPE html><html><body>Please sign in</body></html>";
    oss.always("PutObject", responding({ status: 200, headers: page, xml }));
    const error = await failureOf(put());
    expect(error).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(error.message).toContain("it wasn't OSS that answered");
    expect(oss.operations()).toHaveLength(5);
  });

  it("isn't taken for an object as the response to HEAD", async () => {
    const headFirst = createHeadFirst(true);
    oss.next("HeadObject", responding({ status: 200, headers: page, foreign: true }));
    expect(await put({ headFirst })).toMatchObject({ outcome: "stored" });
    expect(oss.operations()).toEqual(["HeadObject", "HeadObject", "PutObject"]);
    // An object may itself be a page.
    await oss.seed(key, content);
    oss.next(
      "HeadObject",
      responding({ status: 200, headers: { ...page, "content-length": "5" } }),
    );
    expect(await failureOf(put({ headFirst }))).toMatchObject({ code: "EVIDENCE_CONFLICT" });
  });
});

describe("HEAD before the first byte", () => {
  it("doesn't take a 404 of another kind for an object that isn't there", async () => {
    const headFirst = createHeadFirst(true);
    oss.next("HeadObject", responding({ status: 404, code: "SymlinkTargetNotExist" }));
    expect(await failureOf(put({ headFirst }))).toMatchObject({
      details: { oss_code: "SymlinkTargetNotExist", operation: "HeadObject" },
    });
    expect(oss.operations()).toEqual(["HeadObject"]);
  });
});

describe("a failing request", () => {
  it.each([
    ["500", down],
    ["503", responding({ status: 503, code: "ServiceUnavailable" })],
    ["400 RequestTimeout", responding({ status: 400, code: "RequestTimeout" })],
    ["a reset connection", { kind: "reset" } satisfies Mood],
  ])("is repeated after %s, without a second read", async (_, mood) => {
    oss.next("PutObject", mood, mood);
    const body = bodyOfBytes(content);
    expect(await put({ body })).toMatchObject({ outcome: "stored" });
    expect(body.reads).toHaveLength(1);
  });

  it("is made five times at most", async () => {
    oss.always("PutObject", down);
    expect(await failureOf(put())).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(oss.requests).toHaveLength(5);
  });

  it.each([
    ["AccessDenied", "STORE_DENIED"],
    ["SignatureDoesNotMatch", "STORE_SIGNATURE"],
    ["FileImmutable", "STORE_REFUSED"],
  ])("isn't repeated after %s", async (code, ours) => {
    oss.always("PutObject", responding({ status: code === "FileImmutable" ? 409 : 403, code }));
    expect(await failureOf(put())).toMatchObject({ code: ours });
    expect(oss.requests).toHaveLength(1);
  });

  it("waits as long as OSS asks", async () => {
    oss.next(
      "PutObject",
      responding({
        status: 503,
        code: "TotalQpsLimitExceeded",
        headers: { "x-oss-qos-delay-time": "60" },
      }),
    );
    const startedAt = performance.now();
    await put();
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(55);
  });

  it("survives more throttles than it has attempts, as its window shrinks to what OSS accepts", async () => {
    const slowDown = responding({ status: 503, code: "SlowDown" });
    oss.next("PutObject", slowDown, slowDown, slowDown, slowDown, slowDown, slowDown);
    expect(await put()).toMatchObject({ outcome: "stored" });
    const [window] = store.windows();
    expect(window).toMatchObject({ bucket: "evidence", inFlight: 0 });
    expect(window?.size).toBeLessThan(16);
  });

  it("waits until its bucket's window admits it, and takes its lease only then", async () => {
    store = await createStore({ ceiling: 1 });
    const other = holderOf((number) => leaseFor(oss.endpoint, number));
    let second: Promise<unknown> | undefined;
    let askedBefore = 0;
    oss.next("PutObject", {
      kind: "before",
      run: () => {
        // The first is at OSS, so the second can only wait.
        second = put();
        setImmediate(() => {
          askedBefore = leases.asked.length;
        });
      },
    });
    await store.put({ leases: other, name: "first", body: bodyOfBytes(content) });
    await second;
    expect(oss.requests.map(({ key: of }) => of)).toEqual(["case/1001/first", key]);
    // The second asked once to learn its bucket, and once, after the first was done, to sign.
    expect(askedBefore).toBe(1);
    expect(leases.asked).toHaveLength(2);
  });

  it("leaves a long pause to the caller", async () => {
    oss.always(
      "PutObject",
      responding({
        status: 503,
        code: "TotalQpsLimitExceeded",
        headers: { "x-oss-qos-delay-time": "60000" },
      }),
    );
    expect(await failureOf(put())).toMatchObject({ code: "STORE_THROTTLED", retryAfter: 60_000 });
    expect(oss.requests).toHaveLength(1);
  });

  it("times out when OSS falls silent", async () => {
    store = await createStore({ idleTimeout: 50, attempts: 1 });
    oss.always("PutObject", { kind: "hang" });
    expect(await failureOf(put())).toMatchObject({
      code: "STORE_UNAVAILABLE",
      message: expect.stringContaining("idle"),
    });
  });

  it("is STORE_UNAVAILABLE when there is no server at all", async () => {
    leases = holderOf((number) => leaseFor("http://127.0.0.1:9", number));
    expect(await failureOf(put())).toMatchObject({ code: "STORE_UNAVAILABLE" });
  });
});

describe("a lease", () => {
  it("that has ended is replaced once, and the request is repeated", async () => {
    oss.tokens = replaceTokens("token-2");
    expect(await put()).toMatchObject({ outcome: "stored", leaseId: "lease-2" });
    expect(leases.replaced).toEqual(["lease-1"]);
  });

  it.each([
    ["InvalidAccessKeyId"],
    ["InvalidSecurityToken"],
    ["AccessKeyIdAndSecurityTokenNotMatch"],
  ])("that OSS rejects with %s a second time fails", async (code) => {
    oss.always("PutObject", responding({ status: 403, code }));
    expect(await failureOf(put())).toMatchObject({ code: "LEASE_REJECTED" });
    expect(leases.replaced).toEqual(["lease-1"]);
    expect(oss.requests).toHaveLength(2);
  });

  it("that opens another bucket than the one before isn't used", async () => {
    oss.tokens = replaceTokens("token-2");
    const bucketOf = (number: number): Partial<Bucket> =>
      number === 1 ? {} : { name: "elsewhere" };
    leases = holderOf((number) => leaseFor(oss.endpoint, number, bucketOf(number)));
    expect(await failureOf(put())).toMatchObject({ code: "INTERRUPTED" });
  });

  it("that can't be obtained ends with the holder's own error", async () => {
    const failure = new ExhibitError("VENDOR_REFUSED", "No.");
    const broken = {
      current: async () => Promise.reject(failure),
      replace: async () => Promise.reject(failure),
    };
    expect(await failureOf(put({ leases: broken }))).toBe(failure);
  });

  function replaceTokens(token: string): Set<string> {
    oss.tokens.clear();
    return oss.tokens.add(token);
  }
});

describe("a clock that is off", () => {
  const skewed: Mood = responding({
    status: 403,
    code: "RequestTimeTooSkewed",
    headers: { date: "Mon, 01 Jan 2029 00:00:00 GMT" },
  });

  it("is corrected by OSS's own time, for later requests too", async () => {
    oss.next("PutObject", skewed);
    await put({ name: "1" });
    await put({ name: "2" });
    const dates = oss.requests.map(({ headers }) => String(headers["x-oss-date"]).slice(0, 8));
    expect(dates.slice(1)).toEqual(["20290101", "20290101"]);
  });

  it("that is still off afterwards is STORE_CLOCK", async () => {
    oss.always("PutObject", skewed);
    expect(await failureOf(put())).toMatchObject({ code: "STORE_CLOCK" });
    expect(oss.requests).toHaveLength(2);
  });
});

describe("an abort", () => {
  it("stops a request in flight with the caller's reason", async () => {
    const stop = new AbortController();
    oss.next("PutObject", { kind: "hang" });
    const work = failureOf(put({ signal: stop.signal, onBytes: () => stop.abort("enough") }));
    expect(await work).toMatchObject({ code: "INTERRUPTED", cause: "enough" });
  });

  it("stops a pause", async () => {
    const stop = new AbortController();
    oss.next(
      "PutObject",
      responding({
        status: 503,
        code: "TotalQpsLimitExceeded",
        headers: { "x-oss-qos-delay-time": "19000" },
      }),
    );
    const work = failureOf(put({ signal: stop.signal }));
    while (oss.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    stop.abort("enough");
    expect(await work).toMatchObject({ code: "INTERRUPTED" });
  });

  it("that came before anything was sent sends nothing", async () => {
    expect(await failureOf(put({ signal: AbortSignal.abort("enough") }))).toMatchObject({
      code: "INTERRUPTED",
      cause: "enough",
    });
    expect(oss.requests).toEqual([]);
  });
});

describe("a bucket that keeps versions, and so ignores that overwriting is forbidden", () => {
  beforeEach(async () => {
    await oss.close();
    oss = await startFakeOss({ versioned: true });
  });

  it("gets a HEAD before each PUT, from the first file on, and other bytes stay untouched", async () => {
    store = createObjectStore({ baseDelay: 1 });
    await oss.seed(key, bytesOf(10));
    expect(await failureOf(put())).toMatchObject({ code: "EVIDENCE_CONFLICT" });
    expect(oss.operations()).toEqual(["HeadObject"]);
    await put({ name: "another.pdf" });
    expect(await failureOf(put())).toMatchObject({ code: "EVIDENCE_CONFLICT" });
    expect(oss.objects.get(key)?.size).toBe(10);
  });

  it("makes a file that is there already identical", async () => {
    store = createObjectStore({ baseDelay: 1 });
    expect(await put()).toMatchObject({ versionId: expect.stringMatching(/^V\d+$/) });
    expect(await put()).toMatchObject({ outcome: "identical" });
  });

  it("takes the object of a lost response for this call's own", async () => {
    store = createObjectStore({ baseDelay: 1 });
    oss.next("PutObject", { kind: "lose-response" });
    expect(await put()).toMatchObject({ outcome: "stored" });
  });
});
