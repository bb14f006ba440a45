import { appendFile, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type OSS from "ali-oss";
import { createCRC64 } from "hash-wasm";
import { describe, expect, it } from "vitest";
import { sandboxOwner } from "../../src/index.ts";
import { aliOss, sandboxForTest, temporaryFolder, tokenOf } from "./sandbox-for-test.ts";

const PART = 100 * 1024;

async function crc64Of(bytes: Uint8Array): Promise<string> {
  const hasher = await createCRC64();
  return BigInt(`0x${hasher.init().update(bytes).digest("hex")}`).toString();
}

function headersOf(result: { res: unknown }): Record<string, string> {
  return (result.res as { headers: Record<string, string> }).headers;
}

const oddKeys = [
  ["Chinese", "case/证据/照片 1.jpg"],
  ["an emoji", "case/😀.txt"],
  ["signs of URLs", "case/a+b %25 c?#&=.txt"],
  ["signs that encodeURIComponent leaves", "case/(paren)'quote!*~"],
  ["an empty part", "case/a//b"],
  ["a slash at the end", "case/folder/"],
  ["1,023 bytes", `case/${"n".repeat(1018)}`],
  ["1,022 bytes of Chinese", `case/${"长".repeat(339)}`],
] as const;

describe.each([
  ["V4", true],
  ["V1", false],
])("ali-oss with %s", (_, v4) => {
  it("puts an object, that is a plain file then, and gets it back", async () => {
    const sandbox = await sandboxForTest();
    const client = aliOss(sandbox, tokenOf(sandbox), { v4 });
    const bytes = Buffer.from("123456789");
    const put = await client.put("case/a/b.txt", bytes, {
      headers: { "Content-MD5": "JfnnlDI7RTiF9RgfG2JNCw==" },
    });
    expect(headersOf(put)["x-oss-hash-crc64ecma"]).toBe("11051210869376104954");
    expect(headersOf(put).etag).toBe('"25F9E794323B453885F5181F1B624D0B"');
    expect(await readFile(sandbox.objectPath("evidence", "case/a/b.txt"))).toEqual(bytes);
    const head = await client.head("case/a/b.txt");
    expect(headersOf(head)).toMatchObject({
      "x-oss-hash-crc64ecma": "11051210869376104954",
      "content-length": "9",
    });
    expect((await client.get("case/a/b.txt")).content).toEqual(bytes);
    const range = await client.get("case/a/b.txt", { headers: { Range: "bytes=2-4" } });
    expect(String(range.content)).toBe("345");
    await expect(client.head("case/none")).rejects.toMatchObject({ status: 404 });
    const owner = aliOss(sandbox, sandboxOwner, { v4 });
    const versioned = (versionId: string) => owner.head("case/a/b.txt", { versionId } as never);
    expect((await versioned("null")).status).toBe(200);
    await expect(versioned("V1")).rejects.toMatchObject({ status: 404 });
  });

  it("keeps the type and metadata that an object or an upload was given", async () => {
    const sandbox = await sandboxForTest();
    const client = aliOss(sandbox, tokenOf(sandbox), { v4 });
    const options = { mime: "text/x-test", meta: { mtime: "1.5" } } as object;
    const kept = { "content-type": "text/x-test", "x-oss-meta-mtime": "1.5" };
    await client.put("case/a", Buffer.from("a"), options);
    const { uploadId } = await client.initMultipartUpload("case/b", options);
    const parts = await uploadParts(client, "case/b", uploadId, Buffer.alloc(PART + 1));
    await client.completeMultipartUpload("case/b", uploadId, parts);
    for (const key of ["case/a", "case/b"]) {
      expect(headersOf(await client.head(key))).toMatchObject(kept);
      expect(headersOf(await client.get(key))).toMatchObject(kept);
    }
  });

  it("stores an empty object", async () => {
    const sandbox = await sandboxForTest();
    const client = aliOss(sandbox, tokenOf(sandbox), { v4 });
    const put = await client.put("case/empty", Buffer.alloc(0));
    expect(headersOf(put)["x-oss-hash-crc64ecma"]).toBe("0");
    expect((await client.get("case/empty")).content).toEqual(Buffer.alloc(0));
  });

  it.each(oddKeys)("stores a key with %s", async (_name, key) => {
    const sandbox = await sandboxForTest();
    const client = aliOss(sandbox, tokenOf(sandbox), { v4 });
    await client.put(key, Buffer.from(key));
    expect(await readFile(sandbox.objectPath("evidence", key), "utf8")).toBe(key);
    expect(sandbox.objectPath("evidence", key).startsWith(sandbox.objectsDir)).toBe(true);
    expect(sandbox.oss.log.entries()[0]?.key).toBe(key);
  });

  it("uploads in parts, lists them, and completes to the whole", async () => {
    const sandbox = await sandboxForTest();
    const client = aliOss(sandbox, tokenOf(sandbox), { v4 });
    const bytes = Buffer.alloc(PART * 2 + 7, "evidence");
    const { uploadId } = await client.initMultipartUpload("case/big file.bin");
    const parts = await uploadParts(client, "case/big file.bin", uploadId, bytes);
    const listed = await client.listParts("case/big file.bin", uploadId, {} as never);
    expect(listed.parts).toHaveLength(3);
    const done = await client.completeMultipartUpload("case/big file.bin", uploadId, parts);
    expect(headersOf(done)["x-oss-hash-crc64ecma"]).toBe(await crc64Of(bytes));
    expect(headersOf(done).etag).toMatch(/^"[0-9A-F]{32}-3"$/u);
    expect(await readFile(sandbox.objectPath("evidence", "case/big file.bin"))).toEqual(bytes);
    await expect(
      client.completeMultipartUpload("case/big file.bin", uploadId, parts),
    ).rejects.toMatchObject({ code: "NoSuchUpload" });
  });

  it("aborts an upload", async () => {
    const sandbox = await sandboxForTest();
    const client = aliOss(sandbox, tokenOf(sandbox), { v4 });
    const { uploadId } = await client.initMultipartUpload("case/x");
    await client.abortMultipartUpload("case/x", uploadId, {});
    await expect(
      client.uploadPart("case/x", uploadId, 1, Buffer.from("a") as never, 0, 1),
    ).rejects.toThrow();
  });

  it("lists a bucket and its uploads with the owner's key", async () => {
    const sandbox = await sandboxForTest();
    const client = aliOss(sandbox, sandboxOwner, { v4 });
    for (const key of ["case/1", "case/2", "other"]) await client.put(key, Buffer.from(key));
    await client.initMultipartUpload("case/3");
    const { objects } = await client.listV2({ prefix: "case/", "max-keys": 10 } as never, {});
    expect(objects.map((object) => object.name)).toEqual(["case/1", "case/2"]);
    const { uploads } = await client.listUploads({ prefix: "case/", "max-uploads": 10 }, {});
    expect(uploads).toHaveLength(1);
    await client.delete("case/1");
    await expect(client.head("case/1")).rejects.toMatchObject({ status: 404 });
  });
});

describe("Complete", () => {
  async function started() {
    const sandbox = await sandboxForTest();
    const client = aliOss(sandbox, tokenOf(sandbox));
    const { uploadId } = await client.initMultipartUpload("case/x");
    const parts = await uploadParts(client, "case/x", uploadId, Buffer.alloc(PART * 2));
    const complete = (list: typeof parts, headers = {}) =>
      client.completeMultipartUpload("case/x", uploadId, list, { headers });
    return { sandbox, client, uploadId, parts, complete };
  }

  it("refuses a part that wasn't uploaded or has another ETag", async () => {
    const { parts, complete } = await started();
    const [first] = parts;
    await expect(complete([...parts, { number: 3, etag: '"X"' }])).rejects.toMatchObject({
      code: "InvalidPart",
    });
    await expect(
      complete([
        { number: 2, etag: first?.etag ?? "" },
        { number: 1, etag: '"Y"' },
      ]),
    ).rejects.toMatchObject({ code: "InvalidPart" });
  });

  it("refuses a short part that isn't the last", async () => {
    const { client, uploadId, parts, complete } = await started();
    const short = await client.uploadPart("case/x", uploadId, 1, Buffer.alloc(10) as never, 0, 10);
    const list = [{ number: 1, etag: short.etag }, ...parts.slice(1)];
    await expect(complete(list)).rejects.toMatchObject({ code: "EntityTooSmall" });
  });

  it("leaves an object alone that mustn't be overwritten, and the upload open", async () => {
    const { sandbox, client, complete, parts } = await started();
    await client.put("case/x", Buffer.from("first"));
    const headers = { "x-oss-forbid-overwrite": "true" };
    await expect(complete(parts, headers)).rejects.toMatchObject({ code: "FileAlreadyExists" });
    expect(await readFile(sandbox.objectPath("evidence", "case/x"), "utf8")).toBe("first");
    await complete(parts);
    expect((await client.head("case/x")).status).toBe(200);
  });
});

it("keeps objects and open uploads over a restart", async () => {
  const dataDir = await temporaryFolder();
  const first = await sandboxForTest(dataDir);
  const before = aliOss(first, tokenOf(first));
  await before.put("case/a", Buffer.from("a"));
  await before.put("case/a/b", Buffer.from("b"));
  await before.put("case/c/d", Buffer.from("d"));
  await before.put("case/c", Buffer.from("c"));
  const { uploadId } = await before.initMultipartUpload("case/big");
  const bytes = Buffer.alloc(PART + 1, 7);
  const parts = await uploadParts(before, "case/big", uploadId, bytes);
  await first.close();

  const second = await sandboxForTest(dataDir);
  const after = aliOss(second, tokenOf(second));
  expect(second.objectCount()).toBe(4);
  for (const [key, content] of [
    ["case/a", "a"],
    ["case/a/b", "b"],
    ["case/c/d", "d"],
    ["case/c", "c"],
  ] as const) {
    expect(String((await after.get(key)).content)).toBe(content);
  }
  await after.completeMultipartUpload("case/big", uploadId, parts);
  expect((await after.get("case/big")).content).toEqual(bytes);
});

it("takes an object for gone whose file was taken away", async () => {
  const sandbox = await sandboxForTest();
  const client = aliOss(sandbox, tokenOf(sandbox));
  await client.put("case/a", Buffer.from("a"));
  await rm(sandbox.objectPath("evidence", "case/a"));
  await expect(client.head("case/a")).rejects.toMatchObject({ status: 404 });
});

async function uploadParts(client: OSS, key: string, uploadId: string, bytes: Buffer) {
  const parts: { number: number; etag: string }[] = [];
  for (let start = 0; start < bytes.length; start += PART) {
    const part = bytes.subarray(start, start + PART);
    const number = parts.length + 1;
    const { etag } = await client.uploadPart(key, uploadId, number, part as never, 0, part.length);
    parts.push({ number, etag });
  }
  return parts;
}

it("forgets only a line of its journal that was torn when it was killed", async () => {
  const dataDir = await temporaryFolder();
  const first = await sandboxForTest(dataDir);
  await aliOss(first, tokenOf(first)).put("case/a", Buffer.from("a"));
  await first.close();
  await appendFile(join(dataDir, "objects.jsonl"), '{"bucket":"evidence","key":"case/b"');

  const second = await sandboxForTest(dataDir);
  await aliOss(second, tokenOf(second)).put("case/c", Buffer.from("c"));
  await second.close();
  const third = await sandboxForTest(dataDir);
  expect(third.objectCount()).toBe(2);
  await expect(aliOss(third, tokenOf(third)).head("case/c")).resolves.toMatchObject({
    status: 200,
  });
});

it("gives a configuration that points to itself", async () => {
  const sandbox = await sandboxForTest();
  const { sources, vendors } = sandbox.config(["/evidence"]);
  expect(sources.roots).toEqual(["/evidence"]);
  expect(Object.keys(vendors)).toEqual(
    expect.arrayContaining(["kongur", "deepvision", "rex", "wombat"]),
  );
  expect(vendors.kongur).toMatchObject({
    gateway: sandbox.gatewayUrl,
    lease_ttl: 3600,
    oss: { endpoint: sandbox.ossUrl, bucket: "evidence", path_style: true },
  });
});
