import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { type AcknowledgedPart, ExhibitError, type OpenUpload } from "@exhibit/contracts";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  createObjectStore,
  type LeftUpload,
  type ObjectStore,
  type PutRequest,
  type UploadRecord,
} from "../../src/index.ts";
import { crc64Of, type FakeOss, type Mood, startFakeOss } from "../fake-oss.ts";
import {
  bodyOfBytes,
  bytesOf,
  holderOf,
  leaseFor,
  secretsOfLeases,
  type TestHolder,
} from "../leases.ts";

const key = "case/1001/hearing.mp4";
const partSize = 128 * 1024;
/** Seven parts, of which the last is short. */
const content = bytesOf(6 * partSize + 1000);
const denied: Mood = { kind: "respond", response: { status: 403, code: "AccessDenied" } };
const down: Mood = { kind: "respond", response: { status: 500, code: "InternalError" } };
/** The response of a gateway that began it before it knew how the request ends. */
const error200: Mood = { kind: "respond", response: { status: 200, code: "InternalError" } };

let oss: FakeOss;
let store: ObjectStore;
let leases: TestHolder;

beforeEach(async () => {
  oss = await startFakeOss({ partsOfPage: 2 });
  leases = holderOf((number) => leaseFor(oss.endpoint, number));
  store = createStore(partSize);
});

afterEach(async () => {
  store.close();
  await oss.close();
});

function createStore(size: number, parallel = 2): ObjectStore {
  const limits = { singlePutLimit: partSize, partSize: size, parallel };
  return createObjectStore({ baseDelay: 1, attempts: 2, ...limits });
}

/** A record in memory; it holds what a ledger would have after a crash. */
interface TestRecord extends UploadRecord {
  upload: OpenUpload | undefined;
  parts: Map<number, AcknowledgedPart>;
  discarded: string[];
  /** Returns the record as another process finds it. */
  reopen(): TestRecord;
}

function recordOf(left?: LeftUpload): TestRecord {
  const parts = new Map(left?.parts.map((part) => [part.number, part]));
  const record: TestRecord = {
    left,
    upload: left,
    parts,
    discarded: [],
    async begin(upload) {
      record.upload = upload;
      parts.clear();
    },
    async part(part) {
      parts.set(part.number, part);
    },
    async discard() {
      if (record.upload) record.discarded.push(record.upload.uploadId);
      record.upload = undefined;
    },
    reopen: () => recordOf(record.upload && { ...record.upload, parts: [...parts.values()] }),
  };
  return record;
}

function put(uploads: UploadRecord, request: Partial<PutRequest> = {}) {
  return store.put({
    leases,
    name: "hearing.mp4",
    body: bodyOfBytes(content),
    uploads,
    ...request,
  });
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

/**
 * Begins an upload of which OSS has the first three parts, all on the record. Forgets the requests
 * so far.
 */
async function begun(): Promise<TestRecord> {
  const record = recordOf();
  const stop = new AbortController();
  const recorded = record.part;
  record.part = async (part) => {
    await recorded(part);
    if (part.number === 3) stop.abort();
  };
  store.close();
  store = createStore(partSize, 1);
  const work = put(record, { signal: stop.signal });
  expect(await failureOf(work)).toMatchObject({ code: "INTERRUPTED" });
  store.close();
  store = createStore(partSize);
  oss.requests.length = 0;
  const left = record.reopen();
  expect([...left.parts.keys()]).toEqual([1, 2, 3]);
  return left;
}

function sentParts(): number[] {
  return oss.requests
    .filter(({ operation }) => operation === "UploadPart")
    .map(({ query }) => Number(query.partNumber))
    .sort((a, b) => a - b);
}

function times(operation: string): number {
  return oss.operations().filter((name) => name === operation).length;
}

/** Makes the upload that is left an object, as a Complete does whose response was lost. */
async function completeBehind(bytes = content): Promise<void> {
  oss.uploads.clear();
  await oss.seed(key, bytes);
}

describe("An upload that was broken off", () => {
  it("is left open when there is a record of it, and continues with the parts that OSS lists", async () => {
    const record = await begun();
    expect(oss.uploads.size).toBe(1);
    let told = 0;
    const body = bodyOfBytes(content);
    const receipt = await put(record, { body, onBytes: (bytes) => (told += bytes) });
    expect(receipt).toMatchObject({
      outcome: "stored",
      sha256: createHash("sha256").update(content).digest(),
      crc64: await crc64Of(content),
    });
    expect(oss.objects.get(key)?.content).toEqual(content);
    expect(sentParts()).toEqual([4, 5, 6, 7]);
    // There are three parts, two on each page.
    expect(times("ListParts")).toBe(2);
    expect(times("InitiateMultipartUpload")).toBe(0);
    expect(body.reads).toHaveLength(7);
    expect(told).toBe(content.length);
    expect(record.discarded).toEqual([]);
  });

  it("continues with only the recorded parts where ListParts is denied", async () => {
    const record = await begun();
    oss.always("ListParts", denied);
    expect(await put(record)).toMatchObject({ outcome: "stored" });
    expect(sentParts()).toEqual([4, 5, 6, 7]);
    expect(oss.objects.get(key)?.content).toEqual(content);
  });

  it("doesn't send a part again that OSS has and the record lacks", async () => {
    const record = await begun();
    record.parts.delete(2);
    expect(await put(record.reopen())).toMatchObject({ outcome: "stored" });
    expect(sentParts()).toEqual([4, 5, 6, 7]);
  });

  it("sends a part again that only OSS knows and that has other bytes", async () => {
    const record = await begun();
    record.parts.delete(2);
    const upload = oss.uploads.get(record.upload?.uploadId ?? "");
    const other = bytesOf(partSize, 9);
    upload?.parts.set(2, {
      size: partSize,
      crc64: await crc64Of(other),
      etag: '"OTHER"',
      content: other,
    });
    expect(await put(record.reopen())).toMatchObject({ outcome: "stored" });
    expect(sentParts()).toEqual([2, 4, 5, 6, 7]);
    expect(oss.objects.get(key)?.content).toEqual(content);
  });

  it("sends a part again that the record has and OSS lacks", async () => {
    const record = await begun();
    oss.uploads.get(record.upload?.uploadId ?? "")?.parts.delete(2);
    expect(await put(record)).toMatchObject({ outcome: "stored" });
    expect(sentParts()).toEqual([2, 4, 5, 6, 7]);
  });

  it("is SOURCE_CHANGED when a recorded part has other bytes now, and is discarded", async () => {
    const record = await begun();
    const changed = Buffer.from(content);
    changed[partSize + 1] = (changed[partSize + 1] ?? 0) ^ 1;
    const error = await failureOf(put(record, { body: bodyOfBytes(changed) }));
    expect(error).toMatchObject({ code: "SOURCE_CHANGED", details: { part: 2 } });
    expect(record.discarded).toEqual(["UPLOAD1"]);
    expect(oss.objects.size).toBe(0);
  });

  it("keeps the part size that it was begun with", async () => {
    const record = await begun();
    store.close();
    store = createStore(4 * partSize);
    expect(await put(record)).toMatchObject({ outcome: "stored" });
    expect(sentParts()).toEqual([4, 5, 6, 7]);
    expect(store.memoryFor(content.length, partSize)).toBe(2 * partSize);
  });

  it("continues with another lease, also when that one ends between two parts", async () => {
    const record = await begun();
    const renew = (from: string, to: string) => () => {
      oss.tokens.delete(from);
      oss.tokens.add(to);
    };
    renew("token-1", "token-2")();
    oss.next("UploadPart", { kind: "before", run: renew("token-2", "token-3") });
    expect(await put(record)).toMatchObject({ outcome: "stored", leaseId: "lease-3" });
    expect(times("InitiateMultipartUpload")).toBe(0);
    expect(new Set(sentParts())).toEqual(new Set([4, 5, 6, 7]));
  });

  it("is discarded for another one when the lease leads to another bucket", async () => {
    const record = await begun();
    leases = holderOf((number) => leaseFor(oss.endpoint, number, { name: "other" }));
    expect(await put(record)).toMatchObject({ outcome: "stored" });
    expect(record.discarded).toEqual(["UPLOAD1"]);
    expect(record.upload).toMatchObject({ uploadId: "UPLOAD2", bucket: "other" });
    expect(sentParts()).toHaveLength(7);
  });

  it("stays open through a fault, and continues again", async () => {
    const record = await begun();
    oss.always("UploadPart", down);
    expect(await failureOf(put(record))).toMatchObject({ code: "STORE_UNAVAILABLE" });
    expect(oss.uploads.size).toBe(1);
    oss.always("UploadPart", { kind: "before", run: () => {} });
    oss.requests.length = 0;
    expect(await put(record.reopen())).toMatchObject({ outcome: "stored" });
    expect(sentParts().every((number) => number > 3)).toBe(true);
    expect(times("AbortMultipartUpload")).toBe(0);
  });

  it.each([
    ["by its status", down],
    ["with 200 and an error inside", error200],
  ])(
    "isn't continued when ListParts fails otherwise, %s: that is retried later",
    async (_, fault) => {
      const record = await begun();
      oss.always("ListParts", fault);
      expect(await failureOf(put(record))).toMatchObject({ code: "STORE_UNAVAILABLE" });
      expect(sentParts()).toEqual([]);
      expect(record.discarded).toEqual([]);
    },
  );
});

describe("An upload that OSS doesn't know any more", () => {
  it("is begun anew at once when the list says so", async () => {
    const record = await begun();
    oss.uploads.clear();
    expect(await put(record)).toMatchObject({ outcome: "stored" });
    expect(record.discarded).toEqual(["UPLOAD1"]);
    expect(record.upload?.uploadId).toBe("UPLOAD2");
    expect(sentParts()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it("is begun anew when a part is the first to find out", async () => {
    const record = await begun();
    oss.always("ListParts", denied);
    oss.uploads.clear();
    expect(await put(record)).toMatchObject({ outcome: "stored" });
    expect(record.discarded).toEqual(["UPLOAD1"]);
    expect(oss.objects.get(key)?.content).toEqual(content);
  });

  it("is begun anew when OSS lacks a recorded part at the end", async () => {
    const record = await begun();
    oss.always("ListParts", denied);
    oss.uploads.get("UPLOAD1")?.parts.delete(2);
    expect(await put(record)).toMatchObject({ outcome: "stored" });
    expect(record.discarded).toEqual(["UPLOAD1"]);
    expect(record.upload?.uploadId).toBe("UPLOAD2");
  });

  it("has become our object: it is stored, and nothing is sent", async () => {
    const record = await begun();
    await completeBehind();
    const body = bodyOfBytes(content);
    expect(await put(record, { body })).toMatchObject({
      outcome: "stored",
      sha256: createHash("sha256").update(content).digest(),
    });
    expect(oss.operations()).toEqual(["HeadObject", "AbortMultipartUpload"]);
    expect(body.reads).toHaveLength(1);
  });

  it("is still open while an equal object is there: that is identical, and the upload is aborted", async () => {
    const record = await begun();
    await oss.seed(key, content);
    expect(await put(record)).toMatchObject({ outcome: "identical" });
    expect(oss.uploads.size).toBe(0);
  });

  it("isn't the origin of an older object: that is identical", async () => {
    const record = await begun();
    await oss.seed(key, content, { lastModified: new Date(Date.now() - 60_000) });
    oss.uploads.clear();
    expect(await put(record)).toMatchObject({ outcome: "identical" });
  });

  it("isn't the origin of an object of the same second when OSS never had our Complete: it is aborted", async () => {
    const crc64 = await crc64Of(content);
    const object = { content, size: content.length, crc64, etag: '"E"' };
    oss.next("CompleteMultipartUpload", { kind: "reset" });
    oss.next(
      "HeadObject",
      { kind: "before", run: () => {} },
      {
        kind: "before",
        run: () => void oss.objects.set(key, { ...object, lastModified: new Date() }),
      },
    );
    expect(await put(recordOf())).toMatchObject({ outcome: "identical" });
    expect(oss.uploads.size).toBe(0);
  });

  it("has become our object between the HEAD and the end: it is stored", async () => {
    const record = await begun();
    oss.always("ListParts", denied);
    const done = crc64Of(content);
    const crc64 = await done;
    oss.next("CompleteMultipartUpload", {
      kind: "before",
      run() {
        oss.uploads.clear();
        const object = { content, size: content.length, crc64, etag: '"E"' };
        oss.objects.set(key, { ...object, lastModified: new Date() });
      },
    });
    expect(await put(record)).toMatchObject({ outcome: "stored" });
    expect(record.discarded).toEqual([]);
  });

  it("may be somebody else's object where HEAD is denied: that is STORE_DENIED, and nothing is sent", async () => {
    const record = await begun();
    await completeBehind();
    oss.always("HeadObject", denied);
    expect(await failureOf(put(record))).toMatchObject({
      code: "STORE_DENIED",
      message: expect.stringContaining("can't be told"),
    });
    expect(sentParts()).toEqual([]);
  });
});

describe("The record of an upload", () => {
  it("has the upload before its first part, and each part before its sender takes the next", async () => {
    const record = recordOf();
    const order: string[] = [];
    const { begin, part } = record;
    record.begin = async (upload) => {
      expect(sentParts()).toEqual([]);
      order.push("begin");
      await begin(upload);
    };
    record.part = async (one) => {
      await part(one);
      expect(sentParts().length - record.parts.size).toBeLessThanOrEqual(2);
    };
    expect(await put(record)).toMatchObject({ outcome: "stored" });
    expect(order).toEqual(["begin"]);
    expect(record.parts.size).toBe(7);
    const first = content.subarray(0, partSize);
    expect(record.parts.get(1)).toMatchObject({ number: 1, crc64: await crc64Of(first) });
    expect(record.upload).toMatchObject({ bucket: "evidence", key, partSize });
  });

  it("that can't take the upload has it aborted: nobody would know of it", async () => {
    const record = recordOf();
    record.begin = () => Promise.reject(new Error("the ledger is gone"));
    await failureOf(put(record));
    expect(oss.uploads.size).toBe(0);
  });

  it("that can't take a part ends the work and leaves the upload open", async () => {
    const record = recordOf();
    record.part = () => Promise.reject(new Error("the ledger is gone"));
    await failureOf(put(record));
    expect(oss.uploads.size).toBe(1);
    expect(sentParts().length).toBeLessThanOrEqual(2);
  });

  it("discards an upload that OSS made a damaged object of, and begins another", async () => {
    const record = recordOf();
    oss.next("CompleteMultipartUpload", { kind: "damage" });
    expect(await put(record)).toMatchObject({ outcome: "stored", etag: '"MULTI-UPLOAD2"' });
    expect(record.discarded).toEqual(["UPLOAD1"]);
    expect(record.upload?.uploadId).toBe("UPLOAD2");
  });
});

describe("Aborting an upload that is on record", () => {
  it("ends it, and succeeds if OSS doesn't know it", async () => {
    const { upload } = await begun();
    if (!upload) throw new Error("no upload");
    await store.abort({ leases, upload });
    expect(oss.uploads.size).toBe(0);
    await store.abort({ leases, upload });
  });

  it("fails on a 200 with an error inside", async () => {
    const { upload } = await begun();
    if (!upload) throw new Error("no upload");
    oss.always("AbortMultipartUpload", error200);
    expect(await failureOf(store.abort({ leases, upload }))).toMatchObject({
      code: "STORE_UNAVAILABLE",
      message: expect.stringContaining("200 InternalError"),
    });
    expect(oss.uploads.size).toBe(1);
  });

  it("is refused for another bucket than the lease's, and reports that OSS denies it", async () => {
    const { upload } = await begun();
    if (!upload) throw new Error("no upload");
    const elsewhere = { ...upload, bucket: "other" };
    expect(await failureOf(store.abort({ leases, upload: elsewhere }))).toMatchObject({
      code: "KEY_OUTSIDE_LEASE",
    });
    oss.always("AbortMultipartUpload", denied);
    expect(await failureOf(store.abort({ leases, upload }))).toMatchObject({
      code: "STORE_DENIED",
    });
  });
});
