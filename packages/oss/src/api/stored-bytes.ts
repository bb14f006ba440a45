import type { HttpResponse } from "../http/response.ts";

/** What OSS says about bytes that it holds. */
export interface StoredBytes {
  /** Undefined when OSS doesn't tell it, as for some copied objects. */
  crc64: bigint | undefined;
  etag: string | undefined;
  requestId: string | undefined;
  /** When OSS responded, by its own clock. */
  respondedAt: Date;
  /** Undefined unless the bucket keeps versions, or kept them once. */
  versionId: string | undefined;
}

/** The header that proves an object's bytes. */
export const CRC64_HEADER = "x-oss-hash-crc64ecma";

/** `now` stands in for a missing Date header. */
export function storedBytesOf({ headers }: HttpResponse, now: () => number): StoredBytes {
  const crc64 = headers[CRC64_HEADER];
  const requestId = headers["x-oss-request-id"];
  const versionId = headers["x-oss-version-id"];
  return {
    crc64: typeof crc64 === "string" && /^\d{1,20}$/.test(crc64) ? BigInt(crc64) : undefined,
    etag: headers.etag,
    requestId: typeof requestId === "string" ? requestId : undefined,
    respondedAt: timeOf(headers.date) ?? new Date(now()),
    versionId: typeof versionId === "string" ? versionId : undefined,
  };
}

export function forbidOverwrite(overwrite: boolean): Record<string, string> {
  return overwrite ? {} : { "x-oss-forbid-overwrite": "true" };
}

/** Returns the time of an HTTP date; undefined if there is none, or it isn't one. */
export function timeOf(header: string | undefined): Date | undefined {
  if (header === undefined) return undefined;
  if (header !== lastDate.header) lastDate = { header, milliseconds: Date.parse(header) };
  const { milliseconds } = lastDate;
  return Number.isNaN(milliseconds) ? undefined : new Date(milliseconds);
}

/** The last date is kept because responses of the same second have the same one. */
let lastDate = { header: "", milliseconds: Number.NaN };
