import { ossError } from "../protocol/oss-error.ts";
import type { OssRequest } from "../protocol/oss-request.ts";
import type { OssResponse } from "../protocol/oss-response.ts";
import type { Crc64Pool } from "../storage/crc64.ts";
import type { ObjectRecord } from "../storage/object-journal.ts";
import type { ObjectStorage } from "../storage/object-storage.ts";
import type { OpenUploads } from "../storage/open-uploads.ts";
import type { Retentions } from "../storage/retentions.ts";
import { versionOf } from "../storage/versions.ts";

/** What operations read and change. */
export interface OssState {
  storage: ObjectStorage;
  uploads: OpenUploads;
  crc64: Crc64Pool;
  retentions: Retentions;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** An operation of OSS. It throws `OssError`. */
export interface Operation {
  /** Its name in OSS's documents, such as `UploadPart`. */
  name: string;
  /** The action that the policy must allow. */
  action: string;
  handle(request: OssRequest, state: OssState): Promise<OssResponse> | OssResponse;
}

/** Returns whether `x-oss-forbid-overwrite` counts, which is ignored where versions are kept (PROTOCOLS, section 5.1). */
export function forbidsOverwrite({ headers, bucket }: OssRequest, { storage }: OssState): boolean {
  return headers["x-oss-forbid-overwrite"] === "true" && !storage.versions.areKept(bucket);
}

/** Returns the header that names an object's version, where versions are kept. */
export function versionHeader(record: ObjectRecord, { storage }: OssState): Record<string, string> {
  return storage.versions.areKept(record.bucket) ? { "x-oss-version-id": versionOf(record) } : {};
}

const META = "x-oss-meta-";
/** User metadata is at most 8 KB in all. */
const MAX_META_BYTES = 8 * 1024;

/** Returns the headers that are kept with an object. Throws `OssError` for metadata that OSS refuses (PROTOCOLS, section 5.1). */
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

/** Names consist of letters, digits and hyphens; values are printable ASCII. */
function checkMeta(name: string, value: string): void {
  if (!/^[a-z0-9-]+$/u.test(name.slice(META.length))) {
    throw ossError("InvalidArgument", `${name} can't be the name of user metadata.`);
  }
  if (!/^[\x20-\x7e]*$/u.test(value)) {
    throw ossError("InvalidArgument", `The value of ${name} isn't ASCII.`);
  }
}
