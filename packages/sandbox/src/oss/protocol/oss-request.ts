import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { isIP } from "node:net";
import { ossError } from "./oss-error.ts";

/** A request to OSS, parsed. */
export interface OssRequest {
  readonly method: string;
  readonly bucket: string;
  /** Empty for a request to the bucket itself. */
  readonly key: string;
  /** Decoded; a name without `=` has the value `""`. */
  readonly query: ReadonlyMap<string, string>;
  readonly rawQuery: string;
  readonly headers: IncomingHttpHeaders;
  /** Undefined if the request doesn't say it. */
  readonly contentLength: number | undefined;
  readonly body: IncomingMessage;
}

const BUCKET_NAME = /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/u;
const MAX_KEY_BYTES = 1023;

/** Parses a request. Throws `OssError`. */
export function readRequest(message: IncomingMessage, buckets: ReadonlySet<string>): OssRequest {
  const url = message.url ?? "/";
  const question = url.indexOf("?");
  const path = question === -1 ? url : url.slice(0, question);
  const rawQuery = question === -1 ? "" : url.slice(question + 1);
  const { bucket, rawKey } = locate(path, message.headers.host ?? "", buckets);
  return {
    method: message.method ?? "",
    bucket,
    key: decode(rawKey),
    query: parseQuery(rawQuery),
    rawQuery,
    headers: message.headers,
    contentLength: contentLengthOf(message.headers),
    body: message,
  };
}

/** Checks bucket and key by OSS's limits: a key has 1 to 1,023 bytes of UTF-8 and doesn't begin with `/` or `\`. Throws `OssError`. */
export function checkNames(request: OssRequest, buckets: ReadonlySet<string>): void {
  if (!BUCKET_NAME.test(request.bucket)) throw ossError("InvalidBucketName");
  if (!buckets.has(request.bucket)) {
    throw ossError("NoSuchBucket", undefined, { BucketName: request.bucket });
  }
  if (Buffer.byteLength(request.key) > MAX_KEY_BYTES || /^[/\\]/u.test(request.key)) {
    throw ossError("InvalidObjectName");
  }
}

/** Finds bucket and key: `bucket.host/key` if the host's first label is a bucket, `host/bucket/key` otherwise. */
function locate(path: string, host: string, buckets: ReadonlySet<string>) {
  const label = virtualBucket(host);
  if (label !== undefined && buckets.has(label)) return { bucket: label, rawKey: path.slice(1) };
  const slash = path.indexOf("/", 1);
  if (slash === -1) return { bucket: decode(path.slice(1)), rawKey: "" };
  return { bucket: decode(path.slice(1, slash)), rawKey: path.slice(slash + 1) };
}

function virtualBucket(host: string): string | undefined {
  if (host.startsWith("[")) return undefined;
  const name = host.replace(/:\d+$/u, "");
  // ali-oss with `region` and `sldEnable` names the region's real host though it put the bucket into the path.
  if (name.endsWith(".aliyuncs.com")) return undefined;
  const dot = name.indexOf(".");
  return dot === -1 || isIP(name) !== 0 ? undefined : name.slice(0, dot);
}

function parseQuery(text: string): Map<string, string> {
  const query = new Map<string, string>();
  if (text === "") return query;
  for (const pair of text.split("&")) {
    const equals = pair.indexOf("=");
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    if (query.has(name)) throw ossError("InvalidArgument", `${name} is given twice.`);
    query.set(name, equals === -1 ? "" : decode(pair.slice(equals + 1)));
  }
  return query;
}

function decode(text: string): string {
  const decoded = decodeStrictly(text);
  if (decoded !== undefined) return decoded;
  throw ossError("InvalidObjectName", "The URL isn't percent-encoded UTF-8.");
}

/** Returns undefined for a lone percent sign, or for bytes that aren't UTF-8. */
function decodeStrictly(text: string): string | undefined {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function contentLengthOf(headers: IncomingHttpHeaders): number | undefined {
  const text = headers["content-length"];
  return text === undefined ? undefined : Number(text);
}
