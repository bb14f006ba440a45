import { rm } from "node:fs/promises";
import { httpDate } from "../../http/http-date.ts";
import { ossError } from "../protocol/oss-error.ts";
import type { OssRequest } from "../protocol/oss-request.ts";
import { CRC64_HEADER } from "../protocol/oss-response.ts";
import type { ObjectRecord } from "../storage/object-journal.ts";
import { receiveBody } from "../storage/receive-body.ts";
import {
  forbidsOverwrite,
  keptHeaders,
  type Operation,
  type OssState,
  versionHeader,
} from "./operation.ts";

export const putObject: Operation = {
  name: "PutObject",
  action: "oss:PutObject",
  async handle(request, state) {
    const { storage, crc64, retentions, now } = state;
    const { bucket, key } = request;
    const forbidOverwrite = forbidsOverwrite(request, state);
    const current = storage.find(bucket, key);
    if (forbidOverwrite && current) throw ossError("FileAlreadyExists");
    retentions.checkFree(bucket, key, current);
    const kept = keptHeaders(request);
    const received = await receiveBody(request, storage.incoming(), crc64);
    const { size } = received;
    const etag = `"${received.md5.toString("hex").toUpperCase()}"`;
    const record = { bucket, key, size, crc64: received.crc64, etag, type: "Normal" as const };
    try {
      const whole = { ...record, ...kept, modified: now() };
      const written = storage.commit(received.file, whole, { forbidOverwrite });
      retentions.applyRule(bucket, key);
      const headers = { etag, [CRC64_HEADER]: received.crc64, ...versionHeader(written, state) };
      return { status: 200, headers };
    } catch (error) {
      await rm(received.file, { force: true });
      throw error;
    }
  },
};

export const headObject: Operation = {
  name: "HeadObject",
  action: "oss:GetObject",
  handle(request, state) {
    const { record } = existing(request, state);
    const headers = { ...headersOf(record, state), "content-length": String(record.size) };
    return { status: 200, headers };
  },
};

export const getObject: Operation = {
  name: "GetObject",
  action: "oss:GetObject",
  handle(request, state) {
    const { record, path } = existing(request, state);
    const range = rangeOf(request.headers.range, record.size);
    const { start, end } = range ?? { start: 0, end: record.size };
    const headers = { ...headersOf(record, state), "content-length": String(end - start) };
    const body = { path, start, end };
    if (range === undefined) return { status: 200, headers, body };
    const contentRange = `bytes ${start}-${end - 1}/${record.size}`;
    // The CRC64 of a range is that of the whole object (PROTOCOLS, section 5.2).
    return { status: 206, headers: { ...headers, "content-range": contentRange }, body };
  },
};

export const deleteObject: Operation = {
  name: "DeleteObject",
  action: "oss:DeleteObject",
  handle({ bucket, key }, { storage, retentions }) {
    retentions.checkFree(bucket, key, storage.find(bucket, key));
    storage.remove(bucket, key);
    return { status: 204 };
  },
};

/** To name a version takes a right of its own, as OSS's pages on RAM policies have it. */
const OF_VERSION = { action: "oss:GetObjectVersion" };
export const headVersion: Operation = { ...headObject, ...OF_VERSION };
export const getVersion: Operation = { ...getObject, ...OF_VERSION };

/** Returns the version that the request names, or else the current one. */
export function existing(
  { query, bucket, key }: OssRequest,
  { storage }: OssState,
): { record: ObjectRecord; path: string } {
  const version = query.get("versionId");
  if (version !== undefined) {
    const found = storage.findVersion(bucket, key, version);
    if (found) return found;
    throw ossError("NoSuchVersion", undefined, { VersionId: version });
  }
  const record = storage.find(bucket, key);
  if (record === undefined) throw ossError("NoSuchKey", undefined, { Key: key });
  return { record, path: storage.pathOf(bucket, key) };
}

function headersOf(record: ObjectRecord, state: OssState): Record<string, string> {
  return {
    etag: record.etag,
    "content-type": record.contentType,
    "last-modified": httpDate(record.modified),
    "accept-ranges": "bytes",
    "x-oss-object-type": record.type,
    "x-oss-storage-class": "Standard",
    [CRC64_HEADER]: record.crc64,
    ...versionHeader(record, state),
    ...record.meta,
  };
}

/** Returns the range as bytes [start, end), or undefined: OSS returns the whole object for a range that it can't satisfy. */
function rangeOf(
  header: string | undefined,
  size: number,
): { start: number; end: number } | undefined {
  const form = /^bytes=(\d*)-(\d*)$/u.exec(header ?? "");
  const [first = "", last = ""] = form?.slice(1) ?? [];
  if (first === "" && last === "") return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size : Math.min(size, Number(last) + 1);
  return start < end ? { start, end } : undefined;
}
