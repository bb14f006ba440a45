import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FileBody } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import { createObjectStore, type LeaseHolder } from "@exhibit/oss";
import { type Sandbox, startSandbox, uploaderActions } from "@exhibit/sandbox";
import { createByteDigester } from "@exhibit/sources";
import { dataFolder } from "@exhibit/testkit";
import OSS from "ali-oss";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { crc64 } from "../../packages/sources/src/digests/crc64.ts";

// What objects carry besides their bytes, as an OSS has it that checks every signature.

const PART = 100 * 1024;
const MODIFIED_AT = 1_700_000_000_123;
const mtime = { "x-oss-meta-mtime": "1700000000.123" };
const store = createObjectStore({ singlePutLimit: PART, partSize: PART });
const pdf = Buffer.from("%PDF-1.7\nevidence");
const photo = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(2 * PART, 7)]);

let sandbox: Sandbox;
let dataDir: string;
let removeFolder: () => Promise<void>;

beforeAll(async () => {
  const folder = await dataFolder("objects");
  removeFolder = folder.remove;
  dataDir = folder.path;
  sandbox = await startSandbox({ dataDir });
});
afterAll(async () => {
  store.close();
  await sandbox.close();
  await removeFolder();
});

function leaseOf(signatureVersion: "v4" | "v1"): Lease {
  const { accessKeyId, accessKeySecret, securityToken, expiresAt } = sandbox.tokens.issue({
    actions: [
      ...[...uploaderActions, "oss:ListObjects", "oss:GetObjectVersion"],
      ...["oss:GetBucketWorm", "oss:GetBucketObjectWormConfiguration"],
    ],
    resources: ["acs:oss:*:*:evidence", "acs:oss:*:*:evidence/*"],
  });
  const prefix = `${signatureVersion}/`;
  return {
    id: prefix,
    vendor: "kongur",
    credentials: { accessKeyId, accessKeySecret, securityToken },
    bucket: {
      endpoint: sandbox.ossUrl,
      region: "cn-hangzhou",
      name: "evidence",
      pathStyle: true,
      signatureVersion,
    },
    prefix,
    prefixes: [prefix],
    expiresAt: new Date(expiresAt),
  };
}

const holderOf = (lease: Lease): LeaseHolder => ({
  current: async () => lease,
  replace: async () => lease,
});

function bodyOf(content: Buffer): FileBody {
  let at = 0;
  return {
    size: content.length,
    async read(length) {
      const bytes = content.subarray(at, at + length);
      at += length;
      const sha256 =
        at === content.length ? createHash("sha256").update(content).digest() : undefined;
      return { bytes, crc64: crc64(bytes), sha256, release() {} };
    },
    async rewind() {
      at = 0;
    },
  };
}

/** The last word of the sandbox's list on an object. */
async function listed(key: string): Promise<{ contentType: string; meta: object } | undefined> {
  const lines = (await readFile(join(dataDir, "objects.jsonl"), "utf8")).trimEnd().split("\n");
  return lines.map((line) => JSON.parse(line)).findLast((line) => line.key === key);
}

function clientOf({ credentials, bucket }: Lease): OSS {
  return new OSS({
    accessKeyId: credentials.accessKeyId,
    accessKeySecret: credentials.accessKeySecret,
    stsToken: credentials.securityToken,
    refreshSTSTokenInterval: 3_600_000,
    bucket: bucket.name,
    // It signs no URLs for an address.
    endpoint: bucket.endpoint.replace("127.0.0.1", "localhost"),
    region: "oss-cn-hangzhou",
    authorizationV4: bucket.signatureVersion === "v4",
    sldEnable: true,
  } as OSS.Options);
}

describe.each(["v4", "v1"] as const)("signed with %s", (version) => {
  let lease: Lease;
  beforeAll(() => {
    lease = leaseOf(version);
  });
  test("a bucket says what it keeps", async () => {
    const own = createObjectStore();
    const leases = holderOf({ ...lease, vendor: `${version} asks` });
    sandbox.retentions.enable("evidence", { mode: "COMPLIANCE", years: 10 });
    expect(await own.bucketRetention({ leases })).toBe("each object 10 years");
    sandbox.retentions.enable("evidence");
    own.close();
  });

  const put = (name: string, content: Buffer) =>
    store.put({ leases: holderOf(lease), name, body: bodyOf(content), modifiedAt: MODIFIED_AT });

  test("a small file's object has its type, time and SHA-256, and HEAD and GET tell them", async () => {
    const { sha256, key } = await put("证据/合同.pdf", pdf);
    const meta = { ...mtime, "x-oss-meta-sha256": Buffer.from(sha256).toString("hex") };
    expect(await listed(key)).toMatchObject({ contentType: "application/pdf", meta });
    const client = clientOf(lease);
    const asked = { "content-type": "application/pdf", ...meta };
    expect((await client.head(key)).res.headers).toMatchObject(asked);
    expect((await client.get(key)).res.headers).toMatchObject(asked);
  });

  test("what was stored is listed, looked at by its version, and read again", async () => {
    const { key, etag, sha256, crc64 } = await put("证据/照 +%1.pdf", pdf);
    const of = { leases: holderOf(lease), bucket: lease.bucket };
    const { reading } = store;
    const { objects } = await reading.list({ ...of, prefix: `${version}/证据/照`, after: version });
    expect(objects).toMatchObject([{ key, etag, size: pdf.length }]);
    expect(await reading.head({ ...of, key, versionId: "null" })).toMatchObject({ etag, crc64 });
    expect(await reading.head({ ...of, key, versionId: "V1" })).toBeUndefined();
    const read = await reading.read({ ...of, key, digester: createByteDigester() });
    expect(read).toMatchObject({ size: pdf.length, crc64 });
    expect(Buffer.from(read?.sha256 ?? []).equals(sha256)).toBe(true);
  });

  test("a small file's bytes have the last word on a name that says another kind", async () => {
    const { key } = await put("合同.png", pdf);
    expect(await listed(key)).toMatchObject({ contentType: "application/pdf" });
  });

  test("a large file's object has the type of its name, and its time", async () => {
    const { key } = await put("庭审.mp4", photo);
    const meta = { ...mtime };
    expect(await listed(key)).toMatchObject({ type: "Multipart", contentType: "video/mp4" });
    expect((await listed(key))?.meta).toEqual(meta);
  });

  test("a large file without a name that tells is looked into, and sent whole", async () => {
    const { key } = await put("IMG_0001", photo);
    expect(await listed(key)).toMatchObject({ type: "Multipart", contentType: "image/jpeg" });
    expect(await readFile(sandbox.objectPath("evidence", key))).toEqual(photo);
  });

  test("an object that is there is left as it is, whatever it says of itself", async () => {
    const key = `${lease.prefix}there.pdf`;
    const meta = { mtime: "1" };
    await clientOf(lease).put(key, pdf, { mime: "text/x-other", meta } as object);
    const before = await listed(key);
    expect(await put("there.pdf", pdf)).toMatchObject({ outcome: "identical" });
    expect(await listed(key)).toEqual(before);
    expect(before).toMatchObject({
      contentType: "text/x-other",
      meta: { "x-oss-meta-mtime": "1" },
    });
  });

  test("a signed URL is used as it was signed: nothing is added to its object", async () => {
    const key = `${lease.prefix}signed.pdf`;
    const client = clientOf(lease) as OSS & {
      signatureUrlV4(
        method: string,
        seconds: number,
        request: object,
        key: string,
      ): Promise<string>;
    };
    const uploadUrl =
      version === "v4"
        ? await client.signatureUrlV4("PUT", 60, {}, key)
        : client.signatureUrl(key, { method: "PUT", expires: 60 });
    const leases = holderOf({ ...lease, object: { key, uploadUrl } });
    await store.put({ leases, name: "", body: bodyOf(pdf), modifiedAt: MODIFIED_AT });
    expect(await listed(key)).toMatchObject({ contentType: "application/octet-stream", meta: {} });
  });
});
