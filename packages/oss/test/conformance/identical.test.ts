import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { ExhibitError, type IdenticalPolicy } from "@exhibit/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  createObjectStore,
  type IdenticalRules,
  type ObjectStore,
  type ObjectStoreOptions,
} from "../../src/index.ts";
import { crc64Of, type FakeOss, type Mood, startFakeOss } from "../fake-oss.ts";
import { bodyOfBytes, bytesOf, holderOf, leaseFor } from "../leases.ts";

const key = "case/1001/a.pdf";
const content = bytesOf(300_000);
/** As long as the file, and with other bytes. */
const other = bytesOf(300_000, 7);
const crc64 = await crc64Of(content);
/** OSS's ETag of an object that was made of parts tells nothing of its bytes. */
const etag = '"5B3C1A2E863A094B001F7D4F5B3C1A2E-3"';
const denied: Mood = { kind: "respond", response: { status: 403, code: "AccessDenied" } };

const ways: [string, ObjectStoreOptions][] = [
  ["a file of one request", {}],
  ["a file in parts", { singlePutLimit: 1000, partSize: 102_400 }],
];

describe.each(ways)("an object with the size and CRC64 of %s", (_, options) => {
  let oss: FakeOss;
  let store: ObjectStore;
  let asked: Parameters<IdenticalRules["isOnRecord"]>[0][];

  beforeEach(async () => {
    oss = await startFakeOss();
    store = createObjectStore({ baseDelay: 1, ...options });
    asked = [];
  });

  afterEach(async () => {
    store.close();
    await oss.close();
  });

  function put(policy: IdenticalPolicy = "strongest", isOnRecord = false) {
    const identical: IdenticalRules = {
      policy,
      async isOnRecord(object) {
        asked.push(object);
        return isOnRecord;
      },
      createDigester() {
        const sha256 = createHash("sha256");
        return {
          update: (bytes) => void sha256.update(bytes),
          finish: () => ({ sha256: sha256.digest(), crc64: 0n }),
        };
      },
    };
    const leases = holderOf((number) => leaseFor(oss.endpoint, number));
    return store.put({ leases, name: "a.pdf", body: bodyOfBytes(content), identical });
  }

  const isRead = () => oss.operations().includes("GetObject");

  test("is the file if its ETag is the file's MD5, and isn't read", async () => {
    await oss.seed(key, content);
    expect(await put()).toMatchObject({ outcome: "identical", identicalBy: "md5" });
    expect(isRead()).toBe(false);
  });

  test("is the file if a receipt has it, and isn't read", async () => {
    await oss.seed(key, content, { etag });
    expect(await put("strongest", true)).toMatchObject({ identicalBy: "record" });
    const sha256 = createHash("sha256").update(content).digest();
    expect(asked).toEqual([{ endpoint: oss.endpoint, bucket: "evidence", key, etag, sha256 }]);
    expect(isRead()).toBe(false);
  });

  test("is the file if it has its bytes", async () => {
    await oss.seed(key, content, { etag });
    expect(await put()).toMatchObject({ identicalBy: "download", etag });
    expect(isRead()).toBe(true);
  });

  test.each([
    ["whose ETag is the MD5 of other bytes", undefined],
    ["whose ETag tells nothing", etag],
  ])("is a conflict if it has other bytes, %s, and stays untouched", async (_, ofForged) => {
    const forged = { crc64, ...(ofForged !== undefined && { etag: ofForged }) };
    await oss.seed(key, other, forged);
    const error = await failureOf(put());
    expect(error).toMatchObject({
      code: "EVIDENCE_CONFLICT",
      message: expect.stringContaining("with other bytes"),
      details: { key, stored_sha256: createHash("sha256").update(other).digest("hex") },
    });
    expect(oss.objects.get(key)?.content).toEqual(other);
  });

  test("that may not be read is the file by its CRC64 alone, and the receipt says so", async () => {
    await oss.seed(key, content, { etag });
    oss.always("GetObject", denied);
    expect(await put()).toMatchObject({ outcome: "identical", identicalBy: "crc64" });
  });

  test("that may not be read is a conflict if its ETag is the MD5 of other bytes", async () => {
    await oss.seed(key, other, { crc64 });
    oss.always("GetObject", denied);
    expect(await failureOf(put())).toMatchObject({ code: "EVIDENCE_CONFLICT" });
  });

  test("is always read where the policy says so", async () => {
    await oss.seed(key, content);
    expect(await put("download", true)).toMatchObject({ identicalBy: "download" });
    expect(asked).toEqual([]);
    oss.always("GetObject", denied);
    expect(await failureOf(put("download", true))).toMatchObject({ code: "STORE_DENIED" });
  });

  test("is the file by its CRC64 where the policy says so", async () => {
    await oss.seed(key, other, { crc64 });
    expect(await put("crc64")).toMatchObject({ outcome: "identical", identicalBy: "crc64" });
    expect(isRead()).toBe(false);
  });

  test("has the receipt of what was read, if it was exchanged before that", async () => {
    await oss.seed(key, content, { etag });
    const later = '"0000000000000000000000000000AAAA-1"';
    const exchange = () => {
      const object = oss.objects.get(key);
      if (object) oss.objects.set(key, { ...object, etag: later });
    };
    oss.next("GetObject", { kind: "before", run: exchange });
    expect(await put()).toMatchObject({ identicalBy: "download", etag: later });
  });

  test("that is gone before it is read is no receipt", async () => {
    await oss.seed(key, content, { etag });
    oss.next("GetObject", { kind: "before", run: () => oss.objects.delete(key) });
    const putting = put();
    if (options.singlePutLimit === undefined) {
      // It is in memory, and is sent once more.
      expect(await putting).toMatchObject({ outcome: "stored", identicalBy: undefined });
    } else {
      expect(await failureOf(putting)).toMatchObject({ code: "STORE_INCOMPLETE" });
    }
  });
});

test("an object that came in place of our own, while its response was lost, isn't taken for it", async () => {
  const oss = await startFakeOss();
  const store = createObjectStore({ baseDelay: 1 });
  const identical: IdenticalRules = {
    policy: "strongest",
    isOnRecord: async () => false,
    createDigester: () => ({
      update() {},
      finish: () => ({ sha256: createHash("sha256").digest(), crc64: 0n }),
    }),
  };
  const leases = holderOf((number) => leaseFor(oss.endpoint, number));
  // A bucket that is known isn't looked into before a small file is sent.
  await store.put({ leases, name: "first", body: bodyOfBytes(Buffer.alloc(0)) });
  await oss.seed("case/1001/other", other, { crc64 });
  const forge = () => oss.objects.set(key, oss.objects.get("case/1001/other") as never);
  oss.next("PutObject", { kind: "lose-response" });
  oss.next("HeadObject", { kind: "before", run: forge });
  const putting = store.put({ leases, name: "a.pdf", body: bodyOfBytes(content), identical });
  expect(await failureOf(putting)).toMatchObject({ code: "EVIDENCE_CONFLICT" });
  store.close();
  await oss.close();
});

async function failureOf(work: Promise<unknown>): Promise<ExhibitError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ExhibitError)) throw new Error(`no ExhibitError: ${inspect(error)}`);
  return error;
}
