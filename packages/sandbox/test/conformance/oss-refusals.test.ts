import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { request } from "node:http";
import { expect, it } from "vitest";
import { aliOss, rawOss, sandboxForTest, signedHeaders, tokenOf } from "./sandbox-for-test.ts";

async function started() {
  const sandbox = await sandboxForTest();
  const key = tokenOf(sandbox);
  const put = (resource: string, options: Parameters<typeof rawOss>[4] = {}) =>
    rawOss(sandbox, key, "PUT", resource, { body: "x", ...options });
  return { sandbox, key, put };
}

it("refuses a wrong signature, with either version", async () => {
  const { sandbox, key } = await started();
  const forged = { ...key, accessKeySecret: "wrong" };
  expect(await rawOss(sandbox, forged, "PUT", "/evidence/case/a", { body: "x" })).toMatchObject({
    status: 403,
    code: "SignatureDoesNotMatch",
  });
  await expect(aliOss(sandbox, forged).put("case/a", Buffer.from("x"))).rejects.toMatchObject({
    code: "SignatureDoesNotMatch",
  });
});

it("tells unknown, torn, corrupt, missing and expired tokens apart", async () => {
  const { sandbox, key, put } = await started();
  const other = tokenOf(sandbox);
  const withKey = (change: object) =>
    rawOss(sandbox, { ...key, ...change }, "PUT", "/evidence/case/a", { body: "x" });
  expect(await withKey({ accessKeyId: "STS.unknown" })).toMatchObject({
    code: "InvalidAccessKeyId",
  });
  expect(await withKey({ securityToken: undefined })).toMatchObject({ code: "InvalidAccessKeyId" });
  expect(await withKey({ securityToken: "rubbish" })).toMatchObject({
    code: "InvalidSecurityToken",
  });
  expect(await withKey({ securityToken: other.securityToken })).toMatchObject({
    code: "AccessKeyIdAndSecurityTokenNotMatch",
  });
  expect(await put("/evidence/case/a")).toMatchObject({ status: 200 });
  sandbox.tokens.expireAll();
  expect(await put("/evidence/case/a")).toMatchObject({
    status: 403,
    code: "SecurityTokenExpired",
  });
});

it("refuses a clock that is off by 15 minutes, and tells its own time", async () => {
  const { sandbox, put } = await started();
  sandbox.clocks.skew({ oss: 15 * 60_000 });
  const answer = await put("/evidence/case/a");
  expect(answer).toMatchObject({ status: 403, code: "RequestTimeTooSkewed" });
  expect(Date.parse(answer.headers.get("date") ?? "")).toBeGreaterThan(Date.now() + 14 * 60_000);
});

it("refuses what the policy doesn't open", async () => {
  const { sandbox, put } = await started();
  expect(await put("/evidence/other/a")).toMatchObject({ status: 403, code: "AccessDenied" });
  expect(await put("/deepvision/case/a")).toMatchObject({ status: 403, code: "AccessDenied" });
  const poor = sandbox.tokens.issue({
    actions: ["oss:PutObject"],
    resources: ["acs:oss:*:*:evidence/case/*"],
  });
  expect(await rawOss(sandbox, poor, "GET", "/evidence/case/a")).toMatchObject({
    code: "AccessDenied",
  });
  expect(await fetch(`${sandbox.ossUrl}/evidence/case/a`)).toMatchObject({ status: 403 });
});

it("refuses to overwrite when told so", async () => {
  const { put } = await started();
  const headers = { "x-oss-forbid-overwrite": "true" };
  expect(await put("/evidence/case/a", { headers })).toMatchObject({ status: 200 });
  expect(await put("/evidence/case/a", { headers })).toMatchObject({
    status: 409,
    code: "FileAlreadyExists",
  });
});

it("lets one of two simultaneous writers win that forbid overwriting", async () => {
  const { sandbox, put } = await started();
  const headers = { "x-oss-forbid-overwrite": "true" };
  const both = await Promise.all([1, 2].map(() => put("/evidence/case/a", { headers })));
  expect(both.map((answer) => answer.status).sort()).toEqual([200, 409]);
  expect(sandbox.objectCount()).toBe(1);
});

it("checks Content-MD5", async () => {
  const { sandbox, put } = await started();
  const md5 = (text: string) => createHash("md5").update(text).digest("base64");
  expect(await put("/evidence/case/a", { headers: { "content-md5": md5("y") } })).toMatchObject({
    status: 400,
    code: "InvalidDigest",
  });
  expect(sandbox.objectCount()).toBe(0);
  expect(await put("/evidence/case/a", { headers: { "content-md5": md5("x") } })).toMatchObject({
    status: 200,
  });
});

it.each([
  ["a bucket that isn't there", "/nothing/case/a", 404, "NoSuchBucket"],
  ["a name that no bucket can have", "/Evidence/case/a", 400, "InvalidBucketName"],
  ["a key that begins with a slash", "/evidence//a", 400, "InvalidObjectName"],
  ["a key that begins with a backslash", "/evidence/%5Ca", 400, "InvalidObjectName"],
  ["a key of 1,024 bytes", `/evidence/case/${"n".repeat(1019)}`, 400, "InvalidObjectName"],
  ["an operation it doesn't have", "/evidence/case/a?acl", 501, "NotImplemented"],
])("refuses %s", async (_, resource, status, code) => {
  const { put } = await started();
  expect(await put(resource)).toMatchObject({ status, code });
});

it.each([
  ["with an underscore in a name", { "x-oss-meta-a_b": "1" }],
  ["without a name", { "x-oss-meta-": "1" }],
  ["with a value that isn't ASCII", { "x-oss-meta-who": "é" }],
  ["of more than 8 KB", { "x-oss-meta-a": "n".repeat(5000), "x-oss-meta-b": "n".repeat(3200) }],
])("refuses metadata %s, for an object and for an upload", async (_, headers) => {
  const { sandbox, key, put } = await started();
  const refusal = { status: 400, code: "InvalidArgument" };
  expect(await put("/evidence/case/a", { headers })).toMatchObject(refusal);
  const initiate = rawOss(sandbox, key, "POST", "/evidence/case/a?uploads", { headers });
  expect(await initiate).toMatchObject(refusal);
  expect(sandbox.objectCount()).toBe(0);
});

it("refuses a body whose length isn't said", async () => {
  const { sandbox, key } = await started();
  const body = new Blob(["x"]).stream();
  expect(await rawOss(sandbox, key, "PUT", "/evidence/case/a", { body })).toMatchObject({
    status: 411,
    code: "MissingContentLength",
  });
});

it("keeps nothing of a body that breaks off", async () => {
  const { sandbox, key } = await started();
  const hold = sandbox.oss.hold({ method: "PUT" });
  const seen = sandbox.oss.log.waitFor((entry) => entry.operation === "PutObject");
  const signed = signedHeaders(key, "PUT", "/evidence/case/a");
  const client = request(`${sandbox.ossUrl}/evidence/case/a`, {
    method: "PUT",
    headers: { ...signed, "content-length": "1000000" },
  });
  client.on("error", () => {});
  client.write(Buffer.alloc(1000));
  await hold.reached();
  hold.release();
  client.destroy();
  expect((await seen).status).toBe(0);
  expect(sandbox.objectCount()).toBe(0);
});

it("has faults for the next matching requests only", async () => {
  const { sandbox, put } = await started();
  sandbox.oss.fail({
    match: { keyIncludes: "case/b" },
    status: 503,
    code: "TotalQpsLimitExceeded",
    headers: { "x-oss-qos-delay-time": "5" },
    times: 2,
  });
  expect((await put("/evidence/case/a")).status).toBe(200);
  const throttled = await put("/evidence/case/b");
  expect(throttled).toMatchObject({ status: 503, code: "TotalQpsLimitExceeded" });
  expect(throttled.headers.get("x-oss-qos-delay-time")).toBe("5");
  expect((await put("/evidence/case/b")).status).toBe(503);
  expect((await put("/evidence/case/b")).status).toBe(200);
  sandbox.oss.fail({ crc64: "wrong" });
  const wrong = (await put("/evidence/case/c")).headers.get("x-oss-hash-crc64ecma");
  expect((await put("/evidence/case/c")).headers.get("x-oss-hash-crc64ecma")).not.toBe(wrong);
  sandbox.oss.fail({ reset: "after" });
  await expect(put("/evidence/case/d")).rejects.toThrow();
  expect(sandbox.objectCount()).toBe(4);
  sandbox.oss.fail({ reset: "mid-body" });
  await expect(put("/evidence/case/e")).rejects.toThrow();
  expect(sandbox.objectCount()).toBe(4);
});

/** A PUT whose path and Host no client library has touched. */
function barePut(ossUrl: string, path: string, headers: Record<string, string>): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const options = { method: "PUT", path, headers: { ...headers, "content-length": "1" } };
    const client = request(ossUrl, options, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    });
    client.on("error", reject);
    client.end("x");
  });
}

it("answers a virtual host and path style alike", async () => {
  const { sandbox, key } = await started();
  const host = `evidence.oss.localhost:${new URL(sandbox.ossUrl).port}`;
  const headers = { ...signedHeaders(key, "PUT", "/evidence/case/a"), host };
  expect(await barePut(sandbox.ossUrl, "/case/a", headers)).toBe(200);
  expect(sandbox.oss.log.entries().at(-1)).toMatchObject({ bucket: "evidence", key: "case/a" });
});

it("keeps an object inside its folder whose key climbs out of it", async () => {
  const { sandbox, key } = await started();
  const climbing = "case/../../../escaped";
  const resource = `/evidence/${climbing}`;
  expect(await barePut(sandbox.ossUrl, resource, signedHeaders(key, "PUT", resource))).toBe(200);
  const path = sandbox.objectPath("evidence", climbing);
  expect(path.startsWith(`${sandbox.objectsDir}/evidence/.sandbox-odd-names/`)).toBe(true);
  expect(await readFile(path, "utf8")).toBe("x");
});
