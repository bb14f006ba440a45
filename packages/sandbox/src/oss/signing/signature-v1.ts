import { createHmac } from "node:crypto";
import { ossError } from "../protocol/oss-error.ts";
import type { OssRequest } from "../protocol/oss-request.ts";

export interface V1Authorization {
  accessKeyId: string;
  signature: string;
}

type Signed = Pick<OssRequest, "method" | "bucket" | "key" | "query" | "headers">;

/** Query parameters that belong to the resource, and therefore to the signature. */
const subresources = new Set([
  ...["acl", "append", "bucketInfo", "callback", "callback-var", "cname", "comp", "cors"],
  ...["continuation-token", "delete", "encryption", "endTime", "inventory", "inventoryId"],
  ...["lifecycle", "live", "location", "logging", "objectMeta", "partNumber", "policy"],
  ...["position", "qos", "qosInfo", "referer", "replication", "requestPayment", "restore"],
  ...["response-cache-control", "response-content-disposition", "response-content-encoding"],
  ...["response-content-language", "response-content-type", "response-expires"],
  ...["security-token", "sequential", "startTime", "stat", "status", "symlink", "tagging"],
  ...["uploadId", "uploads", "versionId", "versioning", "versions", "vod", "website", "worm"],
  ...["wormExtend", "wormId", "x-oss-process", "x-oss-request-payer", "x-oss-traffic-limit"],
  ...["objectWorm", "retention"],
]);

/** Parses `OSS <AccessKeyId>:<signature>`. Throws `OssError`. */
export function parseV1(authorization: string): V1Authorization {
  const form = /^OSS ([^:\s]+):([A-Za-z0-9+/]{27}=)$/u.exec(authorization);
  if (form === null) {
    throw ossError("InvalidArgument", "Invalid Authorization header.", {}, "0002-00000062");
  }
  return { accessKeyId: form[1] ?? "", signature: form[2] ?? "" };
}

/** Returns Base64(HMAC-SHA1(secret, text)): PROTOCOLS, section 5.3. */
export function signatureV1(request: Signed, secret: string): string {
  return createHmac("sha1", secret).update(stringToSignV1(request), "utf8").digest("base64");
}

function stringToSignV1(request: Signed): string {
  const { method, headers } = request;
  return [
    method,
    headers["content-md5"] ?? "",
    headers["content-type"] ?? "",
    headers["x-oss-date"] ?? headers.date ?? "",
    `${canonicalOssHeaders(headers)}${canonicalResource(request)}`,
  ].join("\n");
}

function canonicalOssHeaders(headers: Signed["headers"]): string {
  return Object.keys(headers)
    .filter((name) => name.startsWith("x-oss-"))
    .sort()
    .map((name) => `${name}:${String(headers[name]).trim()}\n`)
    .join("");
}

/** Returns `/bucket/key?sub=value`, without percent-encoding. */
function canonicalResource({ bucket, key, query }: Signed): string {
  const signed = [...query]
    .filter(([name]) => subresources.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => (value === "" ? name : `${name}=${value}`));
  return `/${bucket}/${key}${signed.length === 0 ? "" : `?${signed.join("&")}`}`;
}
