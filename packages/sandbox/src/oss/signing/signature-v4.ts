import { createHmac, createSecretKey, hash, type KeyObject } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { AccessKey } from "../../tokens/token-issuer.ts";
import { ossError } from "../protocol/oss-error.ts";
import type { OssRequest } from "../protocol/oss-request.ts";

/** The content of an `OSS4-HMAC-SHA256` Authorization header. */
export interface V4Authorization {
  accessKeyId: string;
  /** `yyyymmdd` */
  date: string;
  region: string;
  additionalHeaders: readonly string[];
  signature: string;
}

type Signed = Pick<OssRequest, "method" | "bucket" | "key" | "query" | "headers">;

const ALGORITHM = "OSS4-HMAC-SHA256";
const TERMINATOR = "aliyun_v4_request";
const FORM =
  /^OSS4-HMAC-SHA256 Credential=([^,]*), ?(?:AdditionalHeaders=([^,]*), ?)?Signature=([0-9a-f]{64})$/u;
const CREDENTIAL = /^([^/]+)\/(\d{8})\/([^/]+)\/oss\/aliyun_v4_request$/u;

/** Parses the header of PROTOCOLS, section 5.3. Throws `OssError`. */
export function parseV4(authorization: string): V4Authorization {
  const form = FORM.exec(authorization);
  if (form === null) throw ossError("InvalidArgument", "Invalid Authorization header.");
  const credential = CREDENTIAL.exec(form[1] ?? "");
  if (credential === null) {
    throw ossError("InvalidArgument", "Invalid Credential.", {}, "0002-00000213");
  }
  if (form[2] === "") {
    throw ossError("InvalidArgument", "AdditionalHeaders is empty.", {}, "0002-00000209");
  }
  const [, accessKeyId = "", date = "", region = ""] = credential;
  const additionalHeaders = form[2]?.split(";") ?? [];
  return { accessKeyId, date, region, additionalHeaders, signature: form[3] ?? "" };
}

/** Returns the signature that the request must have. */
export function signatureV4(
  request: Signed,
  authorization: Pick<V4Authorization, "date" | "region" | "additionalHeaders">,
  time: string,
  key: AccessKey,
): string {
  const { date, region, additionalHeaders } = authorization;
  const canonical = hash("sha256", canonicalRequest(request, additionalHeaders), "hex");
  const text = [ALGORITHM, time, `${date}/${region}/oss/${TERMINATOR}`, canonical].join("\n");
  return hmac(signingKey(key, date, region), text).toString("hex");
}

function canonicalRequest(request: Signed, additionalHeaders: readonly string[]): string {
  const { method, bucket, key, query, headers } = request;
  return [
    method,
    // The path has the bucket for virtual-host requests, too.
    `/${bucket}/${encode(key).replaceAll("%2F", "/")}`,
    canonicalQuery(query),
    canonicalHeaders(headers, additionalHeaders),
    additionalHeaders.join(";"),
    "UNSIGNED-PAYLOAD",
  ].join("\n");
}

function canonicalQuery(query: ReadonlyMap<string, string>): string {
  return [...query]
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => (value === "" ? name : `${name}=${value}`))
    .join("&");
}

function canonicalHeaders(headers: IncomingHttpHeaders, additional: readonly string[]): string {
  const isSigned = (name: string) =>
    name === "content-type" ||
    name === "content-md5" ||
    name.startsWith("x-oss-") ||
    additional.includes(name);
  return Object.keys(headers)
    .filter(isSigned)
    .sort()
    .map((name) => `${name}:${String(headers[name]).trim()}\n`)
    .join("");
}

/** Percent-encodes every byte but A-Z a-z 0-9 - . _ ~ */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/gu,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The signing key takes four hashes and is the same for a day. */
const derived = new WeakMap<AccessKey, { scope: string; key: KeyObject }>();

function signingKey(key: AccessKey, date: string, region: string): KeyObject {
  const scope = `${date}/${region}`;
  const known = derived.get(key);
  if (known?.scope === scope) return known.key;
  const ofDate = hmac(`aliyun_v4${key.accessKeySecret}`, date);
  const made = createSecretKey(hmac(hmac(hmac(ofDate, region), "oss"), TERMINATOR));
  derived.set(key, { scope, key: made });
  return made;
}

function hmac(key: string | Buffer | KeyObject, text: string): Buffer {
  return createHmac("sha256", key).update(text, "utf8").digest();
}
