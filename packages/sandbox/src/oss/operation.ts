import type { Crc64Pool } from "./crc64.ts";
import type { ObjectStorage } from "./object-storage.ts";
import type { OpenUploads } from "./open-uploads.ts";
import { ossError } from "./oss-error.ts";
import type { OssRequest } from "./oss-request.ts";

/** What operations work with. */
export interface OssHouse {
  storage: ObjectStorage;
  uploads: OpenUploads;
  crc64: Crc64Pool;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** Bytes [start, end) of a file. */
interface FileRange {
  path: string;
  start: number;
  end: number;
}

export interface OssAnswer {
  status: number;
  headers?: Record<string, string>;
  body?: string | FileRange;
  /** The connection is cut when half of it is sent. */
  cut?: boolean;
}

/** An operation of OSS. It throws `OssError`. */
export interface Operation {
  /** As OSS's documents name it, such as `UploadPart`. */
  name: string;
  /** What the policy must allow for it. */
  action: string;
  handle(request: OssRequest, house: OssHouse): Promise<OssAnswer> | OssAnswer;
}

export const CRC64_HEADER = "x-oss-hash-crc64ecma";

/** `x-oss-forbid-overwrite: true` (PROTOCOLS, section 5.1). */
export function forbidsOverwrite(request: OssRequest): boolean {
  return request.headers["x-oss-forbid-overwrite"] === "true";
}

const META = "x-oss-meta-";
/** User metadata is at most 8 KB in all. */
const MAX_META_BYTES = 8 * 1024;

/** The headers that are kept with an object. Throws `OssError` for metadata that OSS doesn't take (PROTOCOLS, section 5.1). */
export function keptHeaders(request: OssRequest): {
  contentType: string;
  meta: Record<string, string>;
} {
  const meta: Record<string, string> = {};
  let size = 0;
  for (const [name, value] of Object.entries(request.headers)) {
    if (!name.startsWith(META)) continue;
    const text = String(value);
    checkMeta(name, text);
    size += name.length + text.length;
    meta[name] = text;
  }
  if (size > MAX_META_BYTES) throw ossError("InvalidArgument", "The user metadata is too large.");
  return { contentType: request.headers["content-type"] ?? "application/octet-stream", meta };
}

/** Names are of letters, digits and hyphens; a value is what a header can carry everywhere. */
function checkMeta(name: string, value: string): void {
  if (!/^[a-z0-9-]+$/u.test(name.slice(META.length))) {
    throw ossError("InvalidArgument", `${name} can't be the name of user metadata.`);
  }
  if (!/^[\x20-\x7e]*$/u.test(value)) {
    throw ossError("InvalidArgument", `The value of ${name} isn't ASCII.`);
  }
}
