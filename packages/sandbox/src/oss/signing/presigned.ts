import type { AccessKey, TemporaryKey } from "../../tokens/token-issuer.ts";
import { ossError } from "../protocol/oss-error.ts";
import type { OssRequest } from "../protocol/oss-request.ts";
import { signatureV1 } from "./signature-v1.ts";
import { signatureV4 } from "./signature-v4.ts";

export type PresignVersion = "v4" | "v1";

/** The signer of a signed URL, as the URL names it. */
export interface PresignedBy {
  version: PresignVersion;
  accessKeyId: string;
  securityToken: string | undefined;
}

/** Query parameters that belong to the signature rather than to the operation. */
const parameters: ReadonlySet<string> = new Set([
  ...["x-oss-signature-version", "x-oss-credential", "x-oss-date", "x-oss-expires"],
  ...["x-oss-signature", "x-oss-additional-headers", "x-oss-security-token"],
  ...["OSSAccessKeyId", "Expires", "Signature", "security-token"],
]);
const CREDENTIAL = /^([^/]+)\/(\d{8})\/([^/]+)\/oss\/aliyun_v4_request$/u;
/** Seven days. */
const MAX_V4_SECONDS = 604_800;

export function isSignatureParameter(name: string): boolean {
  return parameters.has(name);
}

/** Returns the signer that a URL names; undefined for a URL without a signature. */
export function presignedBy({ query }: OssRequest): PresignedBy | undefined {
  if (query.has("x-oss-signature")) {
    const accessKeyId = query.get("x-oss-credential")?.split("/")[0] ?? "";
    return { version: "v4", accessKeyId, securityToken: query.get("x-oss-security-token") };
  }
  if (!query.has("Signature")) return undefined;
  const accessKeyId = query.get("OSSAccessKeyId") ?? "";
  return { version: "v1", accessKeyId, securityToken: query.get("security-token") };
}

/** Throws `OssError` for a signed URL that has expired. */
export function checkEnd({ query }: OssRequest, version: PresignVersion, now: number): void {
  const end =
    version === "v1"
      ? Number(query.get("Expires")) * 1000
      : basicTime(query.get("x-oss-date") ?? "") + lifetime(query) * 1000;
  if (!(now < end)) throw ossError("AccessDenied", "Request has expired.");
}

/** Throws `OssError` unless the URL and every header that its signature covers are as they were signed. */
export function checkPresigned(
  request: OssRequest,
  version: PresignVersion,
  by: { key: AccessKey; region: string },
): void {
  const { query } = request;
  const expected =
    version === "v1"
      ? urlSignatureV1(request, query.get("Expires") ?? "", by.key)
      : urlSignatureV4(request, by);
  const given = query.get(version === "v1" ? "Signature" : "x-oss-signature");
  if (given !== expected) throw ossError("SignatureDoesNotMatch");
}

/** Returns a URL that puts one object until its key expires. */
export function presignPut(to: {
  ossUrl: string;
  bucket: string;
  key: string;
  by: TemporaryKey;
  region: string;
  version: PresignVersion;
  now: number;
}): string {
  const query = to.version === "v1" ? queryV1(to) : queryV4(to);
  const path = to.key.split("/").map(encodeURIComponent).join("/");
  const search = [...query].map((pair) => pair.map(encodeURIComponent).join("="));
  return `${to.ossUrl}/${to.bucket}/${path}?${search.join("&")}`;
}

type ToPut = Parameters<typeof presignPut>[0];

function queryV1({ bucket, key, by }: ToPut): Map<string, string> {
  const expires = String(Math.floor(by.expiresAt / 1000));
  const query = new Map([
    ["OSSAccessKeyId", by.accessKeyId],
    ["Expires", expires],
    ["security-token", by.securityToken],
  ]);
  const request = { method: "PUT", bucket, key, query, headers: {} };
  return query.set("Signature", urlSignatureV1(request, expires, by));
}

function queryV4({ bucket, key, by, region, now }: ToPut): Map<string, string> {
  const time = `${new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/gu, "")}Z`;
  const seconds = Math.max(1, Math.min(MAX_V4_SECONDS, Math.floor((by.expiresAt - now) / 1000)));
  const query = new Map([
    ["x-oss-signature-version", "OSS4-HMAC-SHA256"],
    ["x-oss-credential", `${by.accessKeyId}/${time.slice(0, 8)}/${region}/oss/aliyun_v4_request`],
    ["x-oss-date", time],
    ["x-oss-expires", String(seconds)],
    ["x-oss-security-token", by.securityToken],
  ]);
  const request = { method: "PUT", bucket, key, query, headers: {} };
  return query.set("x-oss-signature", urlSignatureV4(request, { key: by, region }));
}

type Signed = Pick<OssRequest, "method" | "bucket" | "key" | "query" | "headers">;

/** The URL's expiry takes the place of the request's date. */
function urlSignatureV1(request: Signed, expires: string, key: { accessKeySecret: string }) {
  const headers = { ...request.headers, date: expires };
  return signatureV1({ ...request, headers }, key.accessKeySecret);
}

function urlSignatureV4(request: Signed, by: { key: AccessKey; region: string }): string {
  const query = new Map(request.query);
  query.delete("x-oss-signature");
  const [, , date = "", region = ""] = CREDENTIAL.exec(query.get("x-oss-credential") ?? "") ?? [];
  const time = query.get("x-oss-date") ?? "";
  const isForm = query.get("x-oss-signature-version") === "OSS4-HMAC-SHA256";
  if (!isForm || region !== by.region || !time.startsWith(date)) {
    throw ossError("InvalidArgument", "Invalid signing parameters in the URL.");
  }
  const additionalHeaders = query.get("x-oss-additional-headers")?.split(";") ?? [];
  return signatureV4({ ...request, query }, { date, region, additionalHeaders }, time, by.key);
}

function lifetime(query: ReadonlyMap<string, string>): number {
  const seconds = Number(query.get("x-oss-expires"));
  return seconds >= 1 && seconds <= MAX_V4_SECONDS ? seconds : Number.NaN;
}

/** Returns the milliseconds since the epoch of `yyyymmddThhmmssZ`; NaN for any other text. */
export function basicTime(text: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/u.exec(text)?.slice(1).map(Number) ?? [];
  const [year = Number.NaN, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}
