import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { ExhibitError } from "@exhibit/contracts";
import { createCRC64 } from "hash-wasm";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ByteDigester, createObjectStore, type ObjectStore } from "../../src/index.ts";
import { crc64Of, type FakeOss, startFakeOss } from "../fake-oss.ts";
import { bodyOfBytes, bytesOf, holderOf, leaseFor, secretsOfLeases } from "../leases.ts";

let oss: FakeOss;
let store: ObjectStore;

beforeEach(async () => {
  oss = await startFakeOss({ objectsOfPage: 3, versioned: true });
  store = createObjectStore({ baseDelay: 1, idleTimeout: 200 });
});

afterEach(async () => {
  store.close();
  await oss.close();
});

const leasesOf = () => holderOf((number) => leaseFor(oss.endpoint, number));
const target = () => ({
  leases: leasesOf(),
  bucket: { endpoint: oss.endpoint, name: "evidence" },
});
const list = (of: { prefix?: string; after?: string } = {}) =>
  store.reading.list({ ...target(), prefix: "case/1001/", ...of });
const head = (key: string, versionId?: string) =>
  store.reading.head({ ...target(), key, versionId });

const crc64 = await createCRC64();

function digester(): ByteDigester {
  const sha256 = createHash("sha256");
  crc64.init();
  return {
    update(bytes) {
      sha256.update(bytes);
      crc64.update(bytes);
    },
    finish: () => ({ sha256: sha256.digest(), crc64: BigInt(`0x${crc64.digest("hex")}`) }),
  };
}

const read = (key: string, take?: (bytes: Buffer) => Promise<void> | undefined) =>
  store.reading.read({ ...target(), key, digester: digester(), take });

async function failure(of: Promise<unknown>): Promise<ExhibitError> {
  const error = await of.catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ExhibitError);
  for (const secret of secretsOfLeases) {
    expect(inspect(error, { depth: null })).not.toContain(secret);
  }
  return error as ExhibitError;
}

describe("A list", () => {
  const odd = ["case/1001/a+b c", "case/1001/a<&>\"'", "case/1001/\u0001", "case/1001/照片 1.jpg"];

  it("has all objects below a prefix, page by page, whatever their names", async () => {
    for (const key of [...odd, "case/1002/x", "case/1001"]) await oss.seed(key, Buffer.from(key));
    const first = await list();
    expect(first.isLast).toBe(false);
    expect(first.objects[0]).toEqual({
      key: "case/1001/\u0001",
      size: 11,
      etag: expect.stringMatching(/^"[0-9A-F]{32}"$/),
      lastModified: oss.objects.get("case/1001/\u0001")?.lastModified,
    });
    const rest = await list({ after: first.objects.at(-1)?.key ?? "" });
    expect(rest.isLast).toBe(true);
    const keys = [...first.objects, ...rest.objects].map(({ key }) => key);
    expect(keys).toEqual([...odd].sort());
  });

  it("may be longer than other responses", async () => {
    const contents = (number: number) =>
      `<Contents><Key>case/1001/${String(number).padStart(4, "0")}${"%E9%95%BF".repeat(330)}</Key><LastModified>2026-11-30T01:00:00.000Z</LastModified><ETag>"E"</ETag><Size>1</Size></Contents>`;
    const xml = `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>${Array.from({ length: 1000 }, (_, number) => contents(number)).join("")}</ListBucketResult>`;
    expect(xml.length).toBeGreaterThan(2 * 1024 * 1024);
    oss.next("ListObjectsV2", { kind: "respond", response: { status: 200, xml } });
    expect((await list()).objects).toHaveLength(1000);
  });

  it.each([
    ["is cut off", "<ListBucketResult><IsTruncated>false</IsTruncated><Contents>"],
    ["never ends", "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"],
    ["has another prefix", page("case/1002/a")],
    ["goes backwards", page("case/1001/b", "case/1001/a")],
    ["has keys that can't be read", page("case/1001/%FF")],
    ["has a size that is no number", page("case/1001/a").replace("<Size>1", "<Size>-1")],
    ["is something else", "<LoginPage></LoginPage>"],
  ])("that %s is refused", async (_, xml) => {
    oss.always("ListObjectsV2", { kind: "respond", response: { status: 200, xml } });
    expect(await failure(list())).toMatchObject({ code: "STORE_UNAVAILABLE" });
  });

  it("that the lease may not have is denied with OSS's code, and asked for once", async () => {
    oss.always("ListObjectsV2", {
      kind: "respond",
      response: { status: 403, code: "AccessDenied" },
    });
    const { code, details } = await failure(list());
    expect([code, details.oss_code]).toEqual(["STORE_DENIED", "AccessDenied"]);
    expect(oss.operations()).toEqual(["ListObjectsV2"]);
  });

  it("isn't asked for where the lease leads elsewhere", async () => {
    const bucket = { endpoint: oss.endpoint, name: "other" };
    const elsewhere = store.reading.list({ ...target(), bucket, prefix: "case/1001/" });
    expect(await failure(elsewhere)).toMatchObject({ code: "KEY_OUTSIDE_LEASE" });
    expect(await failure(list({ prefix: "case/1002/" }))).toMatchObject({
      code: "KEY_OUTSIDE_LEASE",
    });
    expect(oss.operations()).toEqual([]);
  });
});

function page(...keys: string[]): string {
  const contents = keys.map(
    (key) =>
      `<Contents><Key>${key}</Key><LastModified>2026-11-30T01:00:00.000Z</LastModified><ETag>"E"</ETag><Size>1</Size></Contents>`,
  );
  return `<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>${contents.join("")}</ListBucketResult>`;
}

describe("A look at an object", () => {
  it("tells size, CRC64, ETag and when it was written; nothing of one that isn't there", async () => {
    const content = bytesOf(1000);
    await oss.seed("case/1001/a", content);
    expect(await head("case/1001/a")).toMatchObject({
      size: 1000,
      crc64: await crc64Of(content),
      etag: oss.objects.get("case/1001/a")?.etag,
      requestId: "REQ-1",
      versionId: undefined,
    });
    expect(await head("case/1001/b")).toBeUndefined();
  });

  it("finds the version that was stored, though another one was written since", async () => {
    const put = (content: Buffer) =>
      store.put({ leases: leasesOf(), name: "a", body: bodyOfBytes(content) });
    const { versionId } = await put(bytesOf(10));
    oss.objects.delete("case/1001/a");
    await put(bytesOf(20));
    expect(await head("case/1001/a")).toMatchObject({ size: 20 });
    expect(await head("case/1001/a", versionId)).toMatchObject({ size: 10, versionId });
    expect(await head("case/1001/a", "V99")).toBeUndefined();
  });

  it("renews the lease that OSS refuses", async () => {
    await oss.seed("case/1001/a", bytesOf(1));
    oss.tokens.clear();
    oss.tokens.add("token-2");
    const leases = leasesOf();
    expect(await store.reading.head({ ...target(), leases, key: "case/1001/a" })).toBeDefined();
    expect(leases.replaced).toEqual(["lease-1"]);
  });
});

describe("An object that is read", () => {
  const content = bytesOf(300_000);
  const digests = async () => ({
    size: content.length,
    sha256: createHash("sha256").update(content).digest(),
    crc64: await crc64Of(content),
  });
  beforeEach(() => oss.seed("case/1001/a", content));

  it("is digested, and its bytes are handed on in order, as fast as they are taken", async () => {
    const pieces: Buffer[] = [];
    let under = 0;
    const take = async (bytes: Buffer) => {
      expect(++under).toBe(1);
      pieces.push(Buffer.from(bytes));
      await new Promise((resolve) => setImmediate(resolve));
      under -= 1;
    };
    expect(await read("case/1001/a", take)).toMatchObject({
      ...(await digests()),
      facts: { size: content.length, crc64: await crc64Of(content) },
    });
    expect(Buffer.concat(pieces).equals(content)).toBe(true);
    expect(await read("case/1001/none")).toBeUndefined();
  });

  it("is continued where its connection broke, without any byte twice", async () => {
    oss.next("GetObject", { kind: "cut", after: 100_000 }, { kind: "cut", after: 50_000 });
    expect(await read("case/1001/a")).toMatchObject(await digests());
    const [, second, third] = oss.requests.map(({ headers }) => headers.range);
    expect(second).toMatch(/^bytes=\d+-$/);
    expect(third).toMatch(/^bytes=\d+-$/);
    expect(oss.requests[1]?.headers["if-match"]).toBe(oss.objects.get("case/1001/a")?.etag);
  });

  it("isn't made of two objects, when another one is written meanwhile", async () => {
    const run = () => {
      const object = oss.objects.get("case/1001/a");
      if (object) oss.objects.set("case/1001/a", { ...object, etag: '"ANOTHER"' });
    };
    oss.next("GetObject", { kind: "cut", after: 100_000 }, { kind: "before", run });
    expect(await failure(read("case/1001/a"))).toMatchObject({
      code: "STORE_REFUSED",
      details: { oss_code: "PreconditionFailed" },
    });
  });

  it("isn't a portal's page, nor what comes instead of its rest", async () => {
    const portal = { status: 200, xml: "<p>Please sign in</p>", foreign: true } as const;
    oss.always("GetObject", { kind: "respond", response: portal });
    expect(await failure(read("case/1001/a"))).toMatchObject({ code: "STORE_UNAVAILABLE" });
    oss.next("GetObject", { kind: "cut", after: 100_000 });
    oss.always("GetObject", { kind: "respond", response: { status: 200, xml: "whole" } });
    expect(await failure(read("case/1001/a"))).toMatchObject({ code: "STORE_UNAVAILABLE" });
  });

  it("may be empty", async () => {
    await oss.seed("case/1001/empty", Buffer.alloc(0));
    expect(await read("case/1001/empty")).toMatchObject({ size: 0, crc64: 0n });
  });

  it("ends with what its taker throws, and when it is aborted", async () => {
    const full = new ExhibitError("INTERNAL", "The disk is full.");
    expect(await failure(read("case/1001/a", () => Promise.reject(full)))).toBe(full);
    const signal = AbortSignal.abort();
    const aborted = store.reading.read({
      ...target(),
      key: "case/1001/a",
      digester: digester(),
      signal,
    });
    expect(await failure(aborted)).toMatchObject({ code: "INTERRUPTED" });
  });

  it("that the lease may not read is denied with OSS's code", async () => {
    oss.always("GetObject", { kind: "respond", response: { status: 403, code: "AccessDenied" } });
    const { code, details } = await failure(read("case/1001/a"));
    expect([code, details.oss_code]).toEqual(["STORE_DENIED", "AccessDenied"]);
  });

  it("can't be read by a lease that is a signed URL", async () => {
    const object = { key: "case/1001/a", uploadUrl: `${oss.endpoint}/evidence/case/1001/a?x=1` };
    const leases = holderOf((number) => ({ ...leaseFor(oss.endpoint, number), object }));
    const denied = store.reading.read({
      ...target(),
      leases,
      key: "case/1001/a",
      digester: digester(),
    });
    expect(await failure(denied)).toMatchObject({ code: "STORE_DENIED" });
    expect(oss.operations()).toEqual([]);
  });
});

it("reads 300 MB with less than 60 MB of memory, however slowly they are taken", async () => {
  const MiB = 1024 * 1024;
  const content = Buffer.alloc(300 * MiB);
  await oss.seed("case/1001/big", content, { crc64: 1n });
  const before = process.memoryUsage.rss();
  let peak = before;
  let taken = 0;
  const nothing: ByteDigester = {
    update() {},
    finish: () => ({ sha256: Buffer.alloc(32), crc64: 1n }),
  };
  const take = async () => {
    peak = Math.max(peak, process.memoryUsage.rss());
    taken += 1;
    if (taken % 64 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  const leases = leasesOf();
  const result = await store.reading.read({
    ...target(),
    leases,
    key: "case/1001/big",
    digester: nothing,
    take,
  });
  expect(result?.size).toBe(content.length);
  expect((peak - before) / MiB).toBeLessThan(60);
});
