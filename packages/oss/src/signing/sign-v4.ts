import { createHmac, createSecretKey, hash, type KeyObject } from "node:crypto";
import { encodeKey, encodeQuery, type Query } from "./encoding.ts";

export interface RequestToSign {
  method: string;
  bucket: string;
  key: string;
  query: Query;
  /** Names in lower case, `x-oss-date` among them. */
  headers: Readonly<Record<string, string>>;
  accessKeyId: string;
  accessKeySecret: string;
}

export interface RequestToSignV4 extends RequestToSign {
  /** The plain id, such as `cn-hangzhou`. */
  region: string;
  /** Names, in lower case, of headers that are signed besides those that always are. */
  additionalHeaders?: readonly string[];
}

/** There is one key a day for each lease in use; more would belong to leases that have ended. */
const MAX_SIGNING_KEYS = 64;
const signingKeys = new Map<string, KeyObject>();

/**
 * Returns the `Authorization` header of an OSS4-HMAC-SHA256 request (PROTOCOLS.md 5.3). It doesn't
 * cover the body: OSS accepts only UNSIGNED-PAYLOAD, so CRC64 is what proves the bytes.
 */
export function signV4(request: RequestToSignV4): string {
  const time = request.headers["x-oss-date"] ?? "";
  const date = time.slice(0, 8);
  const scope = `${date}/${request.region}/oss/aliyun_v4_request`;
  const additional = additionalNames(request);
  const canonical = hash("sha256", canonicalRequest(request, additional), "hex");
  const stringToSign = `OSS4-HMAC-SHA256\n${time}\n${scope}\n${canonical}`;
  const key = signingKey(request.accessKeySecret, date, request.region);
  const signature = createHmac("sha256", key).update(stringToSign).digest("hex");
  // An empty "AdditionalHeaders=" is an error (EC 0002-00000209).
  const names = additional.length === 0 ? "" : `AdditionalHeaders=${additional.join(";")},`;
  return `OSS4-HMAC-SHA256 Credential=${request.accessKeyId}/${scope},${names}Signature=${signature}`;
}

/** Returns `yyyymmddThhmmssZ`, the form of `x-oss-date` under V4. */
export function dateV4(milliseconds: number): string {
  const second = Math.floor(milliseconds / 1000);
  if (second !== lastDate.second) {
    const text = new Date(second * 1000).toISOString().slice(0, 19).replaceAll(/[-:]/g, "");
    lastDate = { second, text: `${text}Z` };
  }
  return lastDate.text;
}

/** The date is kept because thousands of requests are signed within a second. */
let lastDate = { second: Number.NaN, text: "" };

function canonicalRequest(request: RequestToSignV4, additional: readonly string[]): string {
  const { method, bucket, key, query, headers } = request;
  let lines = "";
  for (const name of Object.keys(headers).sort()) {
    if (!isAlwaysSigned(name) && !additional.includes(name)) continue;
    lines += `${name}:${(headers[name] ?? "").trim()}\n`;
  }
  // The canonical URI contains the bucket even for virtual-host requests.
  const uri = `/${bucket}/${encodeKey(key)}`;
  return `${method}\n${uri}\n${encodeQuery(query)}\n${lines}\n${additional.join(";")}\nUNSIGNED-PAYLOAD`;
}

function additionalNames({ additionalHeaders = [] }: RequestToSignV4): string[] {
  return additionalHeaders.filter((name) => !isAlwaysSigned(name)).sort();
}

function isAlwaysSigned(name: string): boolean {
  return name === "content-type" || name === "content-md5" || name.startsWith("x-oss-");
}

/**
 * Derived keys are kept, because deriving one takes four HMACs and it is valid for a day. The map
 * stays inside this module and nothing prints its keys.
 */
function signingKey(secret: string, date: string, region: string): KeyObject {
  const id = `${date}/${region}/${secret}`;
  const known = signingKeys.get(id);
  if (known !== undefined) return known;
  const derived = [date, region, "oss", "aliyun_v4_request"].reduce<Buffer>(
    (key, part) => createHmac("sha256", key).update(part).digest(),
    Buffer.from(`aliyun_v4${secret}`),
  );
  const key = createSecretKey(derived);
  const oldest = signingKeys.keys().next();
  if (signingKeys.size >= MAX_SIGNING_KEYS && !oldest.done) signingKeys.delete(oldest.value);
  signingKeys.set(id, key);
  return key;
}
