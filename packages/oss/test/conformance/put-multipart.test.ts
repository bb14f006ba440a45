import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { ExhibitError } from "@exhibit/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createObjectStore,
  type ObjectStore,
  type ObjectStoreOptions,
  type PutRequest,
} from "../../src/index.ts";
import { crc64Of, type FakeOss, type FakeResponse, type Mood, startFakeOss } from "../fake-oss.ts";
import {
  bodyOfBytes,
  bytesOf,
  holderOf,
  leaseFor,
  secretsOfLeases,
  type TestHolder,
} from "../leases.ts";

const key = "case/1001/录像 (1).mp4";
const partSize = 128 * 1024;
/** Seven parts, of which the last is short. */
const content = bytesOf(6 * partSize + 1000);
const denied: Mood = { kind: "respond", response: { status: 403, code: "AccessDenied" } };
const down: Mood = { kind: "respond", response: { status: 500, code: "InternalError" } };

let oss: FakeOss;
let store: ObjectStore;
let leases: TestHolder;

beforeEach(async () => {
  oss = await startFakeOss();
  leases = holderOf((number) => leaseFor(oss.endpoint, number));
  store = createStore();
});

afterEach(async () => {
  store.close();
  await oss.close();
});

function createStore(options: ObjectStoreOptions = {}): ObjectStore {
  return createObjectStore({ baseDelay: 1, singlePutLimit: partSize, partSize, ...options });
}

function put(request: Partial<PutRequest> = {}) {
  return store.put({ leases, name: "录像 (1).mp4", body: bodyOfBytes(content), ...request });
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

function times(operation: string): number {
  return oss.operations().filter((name) => name === operation).length;
}

describe("a large file", () => {
  it("is stored in parts, read once and in order, and proved by the receipt", async () => {
    const body = bodyOfBytes(content);
    expect(await put({ body })).toEqual({
      outcome: "stored",
      endpoint: oss.endpoint,
      bucket: "evidence",
      key,
      size: content.length,
      sha256: createHash("sha256").update(content).digest(),
      crc64: await crc64Of(content),
      etag: '"MULTI-UPLOAD1"',
      requestId: `REQ-${oss.requests.length}`,
      versionId: undefined,
      storedAt: expect.any(Date),
      leaseId: "lease-1",
    });
    expect(oss.objects.get(key)?.content).toEqual(content);
    expect(body.reads.flat()).toEqual([
      0,
      ...[1, 2, 3, 4, 5, 6].flatMap((n) => [n * partSize, n * partSize]),
      content.length,
    ]);
    expect(oss.uploads.size).toBe(0);
  });

  it("is inspected if its name tells no type, and is still sent from its first byte, also the second time", async () => {
    const film = Buffer.concat([Buffer.from("\0\0\0\x20ftypisom\0\0\x02\0"), content]);
    oss.next("CompleteMultipartUpload", { kind: "damage" });
    const body = bodyOfBytes(film);
    await put({ name: "录像", body, modifiedAt: 1500 });
    expect(oss.objects.get("case/1001/录像")?.content).toEqual(film);
    const begun = oss.requests.filter(({ operation }) => operation === "InitiateMultipartUpload");
    const headers = { "content-type": "video/mp4", "x-oss-meta-mtime": "1.5" };
    expect(begun).toMatchObject([{ headers }, { headers }]);
    const looks = body.reads.filter(([from, to]) => to - from < 1000);
    expect(looks).toEqual([
      [0, 18],
      [0, 18],
    ]);
  });

  it("may overwrite neither when it is begun nor when it is completed", async () => {
    await put();
    const forbids = oss.requests.filter(
      ({ headers }) => headers["x-oss-forbid-overwrite"] === "true",
    );
    expect(forbids.map(({ operation }) => operation)).toEqual([
      "InitiateMultipartUpload",
      "CompleteMultipartUpload",
    ]);
  });

  it("is signed with V1 if the bucket asks for it", async () => {
    leases = holderOf((number) => leaseFor(oss.endpoint, number, { signatureVersion: "v1" }));
    await put();
    const signatures = oss.requests.map(({ headers }) =>
      String(headers.authorization).slice(0, 14),
    );
    expect(new Set(signatures)).toEqual(new Set(["OSS STS.key-1:"]));
  });

  it("has no more parts in flight than configured", async () => {
    store = createStore({ parallel: 2 });
    oss.next("UploadPart", { kind: "hang" }, { kind: "hang" });
    const stop = new AbortController();
    const work = failureOf(put({ signal: stop.signal }));
    while (times("UploadPart") < 2) await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(times("UploadPart")).toBe(2);
    stop.abort();
    await work;
  });

  it("reports each byte once, even if parts were sent twice", async () => {
    oss.next("UploadPart", down, { kind: "damage" }, { kind: "reset" });
    let sent = 0;
    await put({ onBytes: (bytes) => (sent += bytes) });
    expect(sent).toBe(content.length);
  });

  it("is begun without knowing what is there when HEAD is refused", async () => {
    oss.always("HeadObject", denied);
    expect(await put()).toMatchObject({ outcome: "stored" });
  });

  it("uses the lease that is current for each part", async () => {
    oss.next(
      "UploadPart",
      { kind: "before", run: () => undefined },
      { kind: "before", run: expireFirst },
    );
    expect(await put()).toMatchObject({ outcome: "stored", leaseId: "lease-2" });
    const tokens = oss.requests.map(({ headers }) => headers["x-oss-security-token"]);
    expect(tokens).toContain("token-1");
    expect(tokens.at(-1)).toBe("token-2");
  });

  it("gets its lease renewed for completing, too", async () => {
    oss.next("CompleteMultipartUpload", { kind: "before", run: expireFirst });
    expect(await put()).toMatchObject({ outcome: "stored", leaseId: "lease-2" });
  });

  function expireFirst(): void {
    oss.tokens.clear();
    oss.tokens.add("token-2");
  }
});

describe("an object that is there already", () => {
  it("is identical when it has the same bytes, and nothing is sent", async () => {
    await oss.seed(key, content);
    const body = bodyOfBytes(content);
    expect(await put({ body })).toMatchObject({
      outcome: "identical",
      crc64: await crc64Of(content),
    });
    expect(oss.operations()).toEqual(["HeadObject"]);
    expect(body.reads).toEqual([[0, content.length]]);
  });

  it("is a conflict when it has other bytes", async () => {
    await oss.seed(key, bytesOf(content.length, 5));
    expect(await failureOf(put())).toMatchObject({
      code: "EVIDENCE_CONFLICT",
      details: { crc64: expect.any(String) },
    });
  });

  it("is a conflict at once, without reading, when it has another size", async () => {
    await oss.seed(key, bytesOf(10));
    const body = bodyOfBytes(content);
    expect(await failureOf(put({ body }))).toMatchObject({
      code: "EVIDENCE_CONFLICT",
      details: { stored_size: 10 },
    });
    expect(body.reads).toEqual([]);
  });

  it("is identical when it came after the HEAD and before the upload", async () => {
    oss.next("InitiateMultipartUpload", {
      kind: "before",
      run: seedNow(content, await crc64Of(content)),
    });
    expect(await put()).toMatchObject({ outcome: "identical" });
    expect(oss.uploads.size).toBe(0);
  });

  it("is identical when it came during the upload, which is then aborted", async () => {
    oss.next("CompleteMultipartUpload", {
      kind: "before",
      run: seedNow(content, await crc64Of(content)),
    });
    expect(await put()).toMatchObject({ outcome: "identical" });
    expect(oss.uploads.size).toBe(0);
  });

  it("is a conflict when other bytes came during the upload, which is then aborted", async () => {
    const other = bytesOf(10);
    oss.next("CompleteMultipartUpload", {
      kind: "before",
      run: seedNow(other, await crc64Of(other)),
    });
    expect(await failureOf(put())).toMatchObject({ code: "EVIDENCE_CONFLICT" });
    expect(oss.objects.get(key)?.content).toEqual(other);
    expect(oss.uploads.size).toBe(0);
  });

  it("can't be told from an identical one when HEAD is refused", async () => {
    await oss.seed(key, content);
    oss.always("HeadObject", denied);
    const body = bodyOfBytes(content);
    expect(await failureOf(put({ body }))).toMatchObject({
      code: "STORE_DENIED",
      message: expect.stringContaining("can't be told"),
    });
    expect(body.reads).toEqual([]);
  });

  function seedNow(bytes: Buffer, crc64: bigint) {
    return () =>
      void oss.objects.set(key, {
        content: bytes,
        size: bytes.length,
        crc64,
        etag: '"E"',
        lastModified: new Date(0),
      });
  }
});

describe("a part", () => {
  it.each([
    ["fails with 500", down],
    ["is reset", { kind: "reset" } satisfies Mood],
    ["loses its response", { kind: "lose-response" } satisfies Mood],
    ["arrives damaged", { kind: "damage" } satisfies Mood],
  ])("that %s is sent again by itself", async (_, mood) => {
    oss.next("UploadPart", mood, mood);
    const body = bodyOfBytes(content);
    expect(await put({ body })).toMatchObject({ outcome: "stored" });
    expect(oss.objects.get(key)?.content).toEqual(content);
    expect(times("UploadPart")).toBe(9);
    expect(body.reads).toHaveLength(7);
  });

  it("that arrives damaged is reported, although the file is stored", async () => {
    oss.next("UploadPart", { kind: "damage" });
    const incidents: string[] = [];
    const onIncident = ({ message }: ExhibitError) => incidents.push(message);
    expect(await put({ onIncident })).toMatchObject({ outcome: "stored" });
    expect(incidents).toEqual([expect.stringMatching(/^OSS's CRC64 of part 1 of /)]);
  });

  it("that keeps failing ends the upload, which is aborted", async () => {
    oss.always("UploadPart", down);
    expect(await failureOf(put())).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(oss.uploads.size).toBe(0);
    expect(oss.objects.size).toBe(0);
  });

  it("that is damaged each time is DIGEST_MISMATCH", async () => {
    oss.always("UploadPart", { kind: "damage" });
    expect(await failureOf(put())).toMatchObject({ code: "DIGEST_MISMATCH" });
    expect(oss.uploads.size).toBe(0);
  });

  it("of an upload that OSS forgot is STORE_UPLOAD_GONE at once", async () => {
    oss.next("UploadPart", { kind: "before", run: () => oss.uploads.clear() });
    expect(await failureOf(put())).toMatchObject({ code: "STORE_UPLOAD_GONE" });
    expect(times("UploadPart")).toBeLessThanOrEqual(4);
  });

  it("that can't be read ends with the source's own error, and the upload is aborted", async () => {
    const failure = new ExhibitError("SOURCE_IO", "The disk is gone.");
    const sound = bodyOfBytes(content);
    const body = {
      size: content.length,
      async read(length: number) {
        if (sound.reads.length === 5) throw failure;
        return sound.read(length);
      },
      rewind: sound.rewind,
    };
    expect(await failureOf(put({ body }))).toBe(failure);
    expect(oss.uploads.size).toBe(0);
  });

  it("that the file no longer has is SOURCE_CHANGED, and the upload is aborted", async () => {
    const body = bodyOfBytes(content.subarray(0, -1), content.length);
    expect(await failureOf(put({ body }))).toMatchObject({ code: "SOURCE_CHANGED" });
    expect(oss.uploads.size).toBe(0);
  });
});

describe("completing an upload", () => {
  it("isn't retried after a lost response when the object is there and the upload is gone", async () => {
    oss.next("CompleteMultipartUpload", { kind: "lose-response" });
    expect(await put()).toMatchObject({ outcome: "stored", etag: '"MULTI-UPLOAD1"' });
    expect(times("CompleteMultipartUpload")).toBe(1);
    expect(oss.operations().slice(-2)).toEqual(["HeadObject", "AbortMultipartUpload"]);
  });

  it("is retried after a 500 when the object isn't there", async () => {
    oss.next("CompleteMultipartUpload", down);
    expect(await put()).toMatchObject({ outcome: "stored" });
    expect(times("CompleteMultipartUpload")).toBe(2);
  });

  it("is a success when the upload is gone and our object is there", async () => {
    oss.next("CompleteMultipartUpload", { kind: "lose-response" });
    oss.next("HeadObject", { kind: "before", run: () => undefined }, denied);
    expect(await put()).toMatchObject({ outcome: "stored" });
    expect(times("CompleteMultipartUpload")).toBe(2);
  });

  it("is STORE_UPLOAD_GONE when the upload is gone and no object is there", async () => {
    oss.next("CompleteMultipartUpload", { kind: "before", run: () => oss.uploads.clear() });
    expect(await failureOf(put())).toMatchObject({ code: "STORE_UPLOAD_GONE" });
    expect(times("CompleteMultipartUpload")).toBe(1);
  });

  it("into damaged bytes proves them to be ours, and uploads the file again over them", async () => {
    oss.next("CompleteMultipartUpload", { kind: "damage" });
    const incidents: string[] = [];
    const onIncident = ({ message }: ExhibitError) => incidents.push(message);
    expect(await put({ onIncident })).toMatchObject({ etag: '"MULTI-UPLOAD2"' });
    expect(incidents).toEqual([
      expect.stringContaining("OSS's CRC64 of"),
      expect.stringContaining("is overwritten"),
    ]);
    expect(oss.objects.get(key)?.content).toEqual(content);
  });

  it("into damaged bytes twice is DIGEST_MISMATCH", async () => {
    oss.always("CompleteMultipartUpload", { kind: "damage" });
    expect(await failureOf(put())).toMatchObject({ code: "DIGEST_MISMATCH" });
    expect(times("CompleteMultipartUpload")).toBe(2);
  });

  it("is a success when only the response is wrong, as HEAD tells", async () => {
    oss.next("CompleteMultipartUpload", { kind: "lie" });
    expect(await put()).toMatchObject({ outcome: "stored" });
    expect(times("InitiateMultipartUpload")).toBe(1);
  });
});

describe("a 200 that is no success", () => {
  const inside = responding({ status: 200, code: "InternalError" });
  const page = responding({ status: 200, xml: "<html><body>Please sign in</body></html>" });
  const strange = responding({ status: 200, xml: "<Result/>" });

  it.each([
    ["an error", inside],
    ["a page", page],
    ["something else", strange],
  ])("repeats only the request, whether its body is %s", async (_, mood) => {
    for (const operation of ["InitiateMultipartUpload", "CompleteMultipartUpload"])
      oss.next(operation, mood);
    oss.next("UploadPart", mood === strange ? down : mood);
    expect(await put()).toMatchObject({ outcome: "stored" });
    expect(times("InitiateMultipartUpload")).toBe(2);
    expect(times("UploadPart")).toBe(7 + 1);
    expect(times("CompleteMultipartUpload")).toBe(2);
  });

  it("is reported by its own name when it persists", async () => {
    oss.always("CompleteMultipartUpload", inside);
    expect(await failureOf(put())).toMatchObject({
      code: "STORE_UNAVAILABLE",
      message: expect.stringMatching(/CompleteMultipartUpload of .* 200 InternalError/),
    });
    expect(times("InitiateMultipartUpload")).toBe(1);
    expect(times("UploadPart")).toBe(7);
    expect(times("CompleteMultipartUpload")).toBe(5);
    oss.always("CompleteMultipartUpload", strange);
    expect((await failureOf(put())).message).toContain("isn't a CompleteMultipartUploadResult");
  });
});

describe("a response without a CRC64", () => {
  const none: Mood = { kind: "no-crc64" };
  it.each(["UploadPart", "CompleteMultipartUpload"])(
    "to %s proves nothing, and the file isn't sent again",
    async (operation) => {
      oss.always(operation, none);
      oss.always("HeadObject", none);
      expect(await failureOf(put())).toMatchObject({
        code: "STORE_PROOF_MISSING",
        message: expect.stringContaining("carries no CRC64 (x-oss-hash-crc64ecma)"),
      });
      expect(times("InitiateMultipartUpload")).toBe(1);
      expect(times("UploadPart")).toBeLessThanOrEqual(7);
    },
  );

  it("to CompleteMultipartUpload is replaced by the CRC64 of the object", async () => {
    oss.next("CompleteMultipartUpload", none);
    expect(await put()).toMatchObject({ outcome: "stored" });
    expect(times("InitiateMultipartUpload")).toBe(1);
  });

  it("to CompleteMultipartUpload stays missing when there is no object", async () => {
    oss.next("CompleteMultipartUpload", { kind: "respond", response: { status: 200 } });
    expect(await failureOf(put())).toMatchObject({ code: "STORE_PROOF_MISSING" });
    expect(times("InitiateMultipartUpload")).toBe(1);
  });
});

describe("a response to InitiateMultipartUpload", () => {
  it("that asks for a pause is obeyed", async () => {
    oss.next(
      "InitiateMultipartUpload",
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

  it("that complains about our clock corrects it", async () => {
    oss.next(
      "InitiateMultipartUpload",
      responding({
        status: 403,
        code: "RequestTimeTooSkewed",
        headers: { date: "Mon, 01 Jan 2029 00:00:00 GMT" },
      }),
    );
    await put();
    const dates = oss.requests
      .slice(2)
      .map(({ headers }) => String(headers["x-oss-date"]).slice(0, 8));
    expect(new Set(dates)).toEqual(new Set(["20290101"]));
  });

  it("that denies has OSS's own words", async () => {
    oss.always(
      "InitiateMultipartUpload",
      responding({ status: 403, code: "AccessDenied", ec: "0003-00000001", message: "No right." }),
    );
    expect(await failureOf(put())).toMatchObject({
      code: "STORE_DENIED",
      message: expect.stringContaining(
        "403 AccessDenied: No right. (EC 0003-00000001, request id REQ-2)",
      ),
    });
  });

  it("that can't be read is STORE_UNAVAILABLE", async () => {
    oss.always("InitiateMultipartUpload", responding({ status: 200 }));
    expect(await failureOf(put())).toMatchObject({ code: "STORE_UNAVAILABLE" });
  });
});

describe("an abort", () => {
  it("stops all parts with the caller's reason and leaves no upload open", async () => {
    const stop = new AbortController();
    oss.always("UploadPart", { kind: "hang" });
    const work = failureOf(put({ signal: stop.signal }));
    while (times("UploadPart") < 4) await new Promise((resolve) => setImmediate(resolve));
    stop.abort("enough");
    expect(await work).toMatchObject({ code: "INTERRUPTED", cause: "enough" });
    expect(oss.uploads.size).toBe(0);
  });

  it("ends after its own time limit when the upload can't be aborted", async () => {
    store = createStore({ abortTimeout: 50 });
    const stop = new AbortController();
    oss.always("UploadPart", { kind: "hang" });
    oss.always("AbortMultipartUpload", { kind: "hang" });
    const work = failureOf(put({ signal: stop.signal }));
    while (times("UploadPart") < 4) await new Promise((resolve) => setImmediate(resolve));
    stop.abort("enough");
    expect(await work).toMatchObject({ code: "INTERRUPTED", cause: "enough" });
  });
});
