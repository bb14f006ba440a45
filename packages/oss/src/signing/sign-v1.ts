import { createHmac } from "node:crypto";
import type { RequestToSign } from "./sign-v4.ts";

/** The query parameters of our requests that V1 counts as part of the resource. */
const SUB_RESOURCES: ReadonlySet<string> = new Set([
  "uploads",
  "uploadId",
  "partNumber",
  "versionId",
  "retention",
  "worm",
  "objectWorm",
]);

/**
 * Returns the `Authorization` header of the older signature, Base64 of HMAC-SHA1 (PROTOCOLS.md
 * 5.3), for deployments that know no other. `x-oss-date` takes the place and the form of the Date
 * header.
 */
export function signV1(request: RequestToSign): string {
  const { method, headers, accessKeyId, accessKeySecret } = request;
  const ossHeaders = Object.keys(headers)
    .filter((name) => name.startsWith("x-oss-"))
    .sort()
    .map((name) => `${name}:${(headers[name] ?? "").trim()}\n`);
  const stringToSign = [
    method,
    headers["content-md5"] ?? "",
    headers["content-type"] ?? "",
    headers["x-oss-date"] ?? "",
    ossHeaders.join("") + canonicalResource(request),
  ].join("\n");
  const signature = createHmac("sha1", accessKeySecret).update(stringToSign).digest("base64");
  return `OSS ${accessKeyId}:${signature}`;
}

/** Returns `ddd, dd mmm yyyy hh:mm:ss GMT`, the form of `x-oss-date` under V1. */
export function dateV1(milliseconds: number): string {
  return new Date(milliseconds).toUTCString();
}

function canonicalResource({ bucket, key, query }: RequestToSign): string {
  const parts = Object.entries(query)
    .filter(([name]) => SUB_RESOURCES.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => (value === "" ? name : `${name}=${value}`));
  return `/${bucket}/${key}${parts.length === 0 ? "" : `?${parts.join("&")}`}`;
}
