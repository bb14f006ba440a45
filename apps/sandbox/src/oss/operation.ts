import type { Crc64Pool } from "./crc64.ts";
import type { ObjectStorage } from "./object-storage.ts";
import type { OpenUploads } from "./open-uploads.ts";
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

/** The headers that are kept with an object. */
export function keptHeaders(request: OssRequest): {
  contentType: string;
  meta: Record<string, string>;
} {
  const meta: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (name.startsWith("x-oss-meta-")) meta[name] = String(value);
  }
  return { contentType: request.headers["content-type"] ?? "application/octet-stream", meta };
}
