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
import { crc64Of, type FakeAnswer, type FakeOss, type Mood, startFakeOss } from "../fake-oss.ts";
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
const denied: Mood = { kind: "answer", answer: { status: 403, code: "AccessDenied" } };
const down: Mood = { kind: "answer", answer: { status: 500, code: "InternalError" } };

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

/** One that has stored something already, so that it knows the bucket. */
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

function answering(answer: FakeAnswer): Mood {
  return { kind: "answer", answer };
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

  it("is signed with V1 where the bucket asks for it", async () => {
    leases = holderOf((number) => leaseFor(oss.endpoint, number, { signatureVersion: "v1" }));
    await put();
    expect(oss.requests[0]?.headers.authorization).toMatch(/^OSS STS\.key-1:/);
    expect(oss.requests[0]?.headers["x-oss-date"]).toMatch(/GMT$/);
  });

  it("asks for a lease that is good for a while", async () => {
    store = await createStore({ minimumRemaining: 12_345 });
    await put();
    expect(leases.asked).toContainEqual({ minimumRemaining: 12_345 });
  });

  it("keeps its connection for the next one", async () => {
    const ports = new Set<unknown>();
    await put({ name: "1" });
    await put({ name: "2" });
    for (const { headers } of oss.requests) ports.add(headers.connection);
    expect(ports).toEqual(new Set(["keep-alive"]));
  });

  it("tells of each byte sent once, also when it was sent twice", async () => {
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
  ])("that has %s bytes than announced is SOURCE_CHANGED, and nothing is sent", async (_, size) => {
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

  it("is a conflict when it has other bytes of the same number, and stays untouched", async () => {
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
    ["answered as if there were none", answering({ status: 404, code: "NoSuchKey" })],
  ])("can't be told from an identical one when HEAD is %s", async (_, mood) => {
    await oss.seed(key, content);
    oss.always("HeadObject", mood);
    expect(await failureOf(put())).toMatchObject({
      code: "STORE_DENIED",
      message: expect.stringContaining("can't be told"),
    });
  });

  it("is found too when OSS answers before it has the body", async () => {
    const large = bytesOf(4_000_000);
    await oss.seed(key, large);
    oss.always("PutObject", { kind: "early", answer: { status: 409, code: "FileAlreadyExists" } });
    expect(await put({ body: bodyOfBytes(large) })).toMatchObject({ outcome: "identical" });
  });
});

describe("a lost answer", () => {
  it("is stored when the object that is there then is this call's own", async () => {
    oss.next("PutObject", { kind: "lose-answer" });
    expect(await put()).toMatchObject({ outcome: "stored", requestId: "REQ-3" });
    expect(oss.operations()).toEqual(["PutObject", "PutObject", "HeadObject"]);
  });

  it("is identical when the object is older than this call", async () => {
    await oss.seed(key, content, { lastModified: new Date(Date.now() - 60_000) });
    oss.next("PutObject", { kind: "lose-answer" });
    expect(await put()).toMatchObject({ outcome: "identical" });
  });

  it("is identical when the body never went out whole", async () => {
    await oss.seed(key, bytesOf(8_000_000));
    oss.next("PutObject", { kind: "reset" });
    expect(await put({ body: bodyOfBytes(bytesOf(8_000_000)) })).toMatchObject({
      outcome: "identical",
    });
  });

  it("is a conflict when another's bytes are there", async () => {
    oss.next("PutObject", { kind: "reset" }, { kind: "before", run: () => undefined });
    await oss.seed(key, bytesOf(10));
    expect(await failureOf(put())).toMatchObject({ code: "EVIDENCE_CONFLICT" });
  });

  it("of an error 500 after which the object is there counts as stored", async () => {
    oss.next("PutObject", { kind: "lose-answer" }, down);
    expect(await put()).toMatchObject({ outcome: "stored" });
  });
});

describe("a damaged write", () => {
  it("is overwritten with the good bytes once it is proved to be our own", async () => {
    oss.next("PutObject", { kind: "damage" });
    const incidents: ExhibitError[] = [];
    const receipt = await put({ onIncident: (incident) => incidents.push(incident) });
    expect(receipt).toMatchObject({ outcome: "stored", crc64: await crc64Of(content) });
    // Stored it is; what happened on the way is told.
    expect(incidents.map(({ code, message }) => `${code}: ${message}`)).toEqual([
      expect.stringMatching(/^DIGEST_MISMATCH: OSS's CRC64 of ".*a b\.pdf" is \d+, ours is \d+\.$/),
      expect.stringMatching(/^DIGEST_MISMATCH: Our own damaged copy at .* is overwritten\.$/),
    ]);
    expect(oss.operations()).toEqual(["PutObject", "HeadObject", "PutObject"]);
    expect(oss.requests[2]?.headers).not.toHaveProperty("x-oss-forbid-overwrite");
    expect(oss.objects.get(key)?.content).toEqual(content);
  });

  it("is left alone when another object has taken its place meanwhile", async () => {
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

  it("isn't taken for our own by its CRC64 alone", async () => {
    const swap = () => {
      const ours = oss.objects.get(key);
      if (ours) oss.objects.set(key, { ...ours, etag: '"OTHER"' });
    };
    oss.next("PutObject", { kind: "damage" });
    oss.next("HeadObject", { kind: "before", run: swap });
    expect(await failureOf(put())).toMatchObject({ code: "EVIDENCE_CONFLICT" });
  });

  it("is stored when only the answer was wrong and the object has our bytes", async () => {
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
    // Five that arrived damaged, four that were overwritten.
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

describe("an answer without a CRC64", () => {
  it("is made up for by the object's own", async () => {
    oss.next("PutObject", { kind: "no-crc64" });
    expect(await put()).toMatchObject({ outcome: "stored", requestId: "REQ-2" });
    expect(oss.operations()).toEqual(["PutObject", "HeadObject"]);
  });

  it.each([
    ["tells none either", { kind: "no-crc64" } satisfies Mood],
    ["may not be looked at", denied],
    ["isn't there", answering({ status: 404, code: "NoSuchKey" })],
  ])("proves nothing when the object %s, and isn't asked for again", async (_, mood) => {
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

describe("an answer of 200 that is no success", () => {
  const page = { "content-type": "text/html; charset=utf-8" };
  it("is OSS's own error when it has one in its body", async () => {
    oss.always("PutObject", answering({ status: 200, code: "InternalError" }));
    expect(await failureOf(put())).toMatchObject({
      code: "STORE_UNAVAILABLE",
      message: expect.stringContaining("200 InternalError: It is InternalError."),
    });
  });

  it("is somebody else's when it is a page", async () => {
    const xml = "\n<!DOCTYPE html><html><body>Please sign in</body></html>";
    oss.always("PutObject", answering({ status: 200, headers: page, xml }));
    const error = await failureOf(put());
    expect(error).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(error.message).toContain("it wasn't OSS that answered");
    expect(oss.operations()).toHaveLength(5);
  });

  it("isn't taken for an object when it answers HEAD", async () => {
    const headFirst = createHeadFirst(true);
    oss.next("HeadObject", answering({ status: 200, headers: page, foreign: true }));
    expect(await put({ headFirst })).toMatchObject({ outcome: "stored" });
    expect(oss.operations()).toEqual(["HeadObject", "HeadObject", "PutObject"]);
    // An object may be a page itself.
    await oss.seed(key, content);
    oss.next("HeadObject", answering({ status: 200, headers: { ...page, "content-length": "5" } }));
    expect(await failureOf(put({ headFirst }))).toMatchObject({ code: "EVIDENCE_CONFLICT" });
  });
});

describe("a failing request", () => {
  it.each([
    ["500", down],
    ["503", answering({ status: 503, code: "ServiceUnavailable" })],
    ["400 RequestTimeout", answering({ status: 400, code: "RequestTimeout" })],
    ["a reset connection", { kind: "reset" } satisfies Mood],
  ])("is made again after %s, without a second read", async (_, mood) => {
    oss.next("PutObject", mood, mood);
    const body = bodyOfBytes(content);
    expect(await put({ body })).toMatchObject({ outcome: "stored" });
    expect(body.reads).toHaveLength(1);
  });

  it("is made five times and no more", async () => {
    oss.always("PutObject", down);
    expect(await failureOf(put())).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(oss.requests).toHaveLength(5);
  });

  it.each([
    ["AccessDenied", "STORE_DENIED"],
    ["SignatureDoesNotMatch", "STORE_SIGNATURE"],
    ["FileImmutable", "STORE_REFUSED"],
  ])("isn't made again after %s", async (code, ours) => {
    oss.always("PutObject", answering({ status: code === "FileImmutable" ? 409 : 403, code }));
    expect(await failureOf(put())).toMatchObject({ code: ours });
    expect(oss.requests).toHaveLength(1);
  });

  it("waits as long as OSS asks", async () => {
    oss.next(
      "PutObject",
      answering({
        status: 503,
        code: "TotalQpsLimitExceeded",
        headers: { "x-oss-qos-delay-time": "60" },
      }),
    );
    const startedAt = performance.now();
    await put();
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(55);
  });

  it("outlasts more throttles than it has attempts, as its window shrinks to what OSS takes", async () => {
    const slowDown = answering({ status: 503, code: "SlowDown" });
    oss.next("PutObject", slowDown, slowDown, slowDown, slowDown, slowDown, slowDown);
    expect(await put()).toMatchObject({ outcome: "stored" });
    const [window] = store.windows();
    expect(window).toMatchObject({ bucket: "evidence", inFlight: 0 });
    expect(window?.size).toBeLessThan(16);
  });

  it("waits for room in its bucket, and takes its lease when there is", async () => {
    store = await createStore({ ceiling: 1 });
    const other = holderOf((number) => leaseFor(oss.endpoint, number));
    let second: Promise<unknown> | undefined;
    let askedBefore = 0;
    oss.next("PutObject", {
      kind: "before",
      run: () => {
        // Once the first is at OSS: all that the second can do now is wait.
        second = put();
        setImmediate(() => {
          askedBefore = leases.asked.length;
        });
      },
    });
    await store.put({ leases: other, name: "first", body: bodyOfBytes(content) });
    await second;
    expect(oss.requests.map(({ key: of }) => of)).toEqual(["case/1001/first", key]);
    // One to know the bucket by; the one that signs came when the first was through.
    expect(askedBefore).toBe(1);
    expect(leases.asked).toHaveLength(2);
  });

  it("leaves a long pause to the caller", async () => {
    oss.always(
      "PutObject",
      answering({
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

  it("against no server at all is STORE_UNAVAILABLE", async () => {
    leases = holderOf((number) => leaseFor("http://127.0.0.1:9", number));
    expect(await failureOf(put())).toMatchObject({ code: "STORE_UNAVAILABLE" });
  });
});

describe("a lease", () => {
  it("that ended is replaced once, and the request made again", async () => {
    oss.tokens = replaceTokens("token-2");
    expect(await put()).toMatchObject({ outcome: "stored", leaseId: "lease-2" });
    expect(leases.replaced).toEqual(["lease-1"]);
  });

  it.each([
    ["InvalidAccessKeyId"],
    ["InvalidSecurityToken"],
    ["AccessKeyIdAndSecurityTokenNotMatch"],
  ])("that OSS rejects with %s a second time fails", async (code) => {
    oss.always("PutObject", answering({ status: 403, code }));
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

  it("that can't be had ends with the holder's own error", async () => {
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
  const skewed: Mood = answering({
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

  it("that is off again afterwards is STORE_CLOCK", async () => {
    oss.always("PutObject", skewed);
    expect(await failureOf(put())).toMatchObject({ code: "STORE_CLOCK" });
    expect(oss.requests).toHaveLength(2);
  });
});

describe("an abort", () => {
  it("stops a request under way with the caller's reason", async () => {
    const stop = new AbortController();
    oss.next("PutObject", { kind: "hang" });
    const work = failureOf(put({ signal: stop.signal, onBytes: () => stop.abort("enough") }));
    expect(await work).toMatchObject({ code: "INTERRUPTED", cause: "enough" });
  });

  it("stops a pause", async () => {
    const stop = new AbortController();
    oss.next(
      "PutObject",
      answering({
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

  it("that came before sends nothing", async () => {
    expect(await failureOf(put({ signal: AbortSignal.abort("enough") }))).toMatchObject({
      code: "INTERRUPTED",
      cause: "enough",
    });
    expect(oss.requests).toEqual([]);
  });
});

describe("A bucket that keeps versions, where forbidding to overwrite does nothing", () => {
  beforeEach(async () => {
    await oss.close();
    oss = await startFakeOss({ versioned: true });
  });

  it("is looked at before each file, and other bytes stay untouched, from the first file on", async () => {
    store = createObjectStore({ baseDelay: 1 });
    await oss.seed(key, bytesOf(10));
    expect(await failureOf(put())).toMatchObject({ code: "EVIDENCE_CONFLICT" });
    expect(oss.operations()).toEqual(["HeadObject"]);
    await put({ name: "another.pdf" });
    expect(await failureOf(put())).toMatchObject({ code: "EVIDENCE_CONFLICT" });
    expect(oss.objects.get(key)?.size).toBe(10);
  });

  it("holds a file that is there already as identical", async () => {
    store = createObjectStore({ baseDelay: 1 });
    expect(await put()).toMatchObject({ versionId: expect.stringMatching(/^V\d+$/) });
    expect(await put()).toMatchObject({ outcome: "identical" });
  });

  it("takes the object of a lost answer for this call's own", async () => {
    store = createObjectStore({ baseDelay: 1 });
    oss.next("PutObject", { kind: "lose-answer" });
    expect(await put()).toMatchObject({ outcome: "stored" });
  });
});
