import { ExhibitError } from "@exhibit/contracts";
import type { UploadedPart } from "../api/multipart-calls.ts";
import { isUploadGone } from "../api/store-error.ts";
import type { Part } from "../body/part-reader.ts";
import type { LeftUpload } from "../upload-record.ts";
import type { PutJob } from "./put-job.ts";

/** The parts that OSS has of an upload that is continued. */
export interface UploadedParts {
  /**
   * Returns the part as OSS has it, if it is the one that was read; undefined when it has to be
   * sent. Throws SOURCE_CHANGED when other bytes were sent earlier.
   */
  match(part: Pick<Part, "number" | "crc64">): UploadedPart | undefined;
}

/** The parts of an upload that has just begun. */
export const noUploadedParts: UploadedParts = { match: () => undefined };

/**
 * Returns the parts that OSS lists, where the lease may ask; else those on the record, which do as
 * long as OSS still has them: if it hasn't, it says so at the end. Returns undefined when OSS
 * doesn't know the upload any more.
 */
export async function findUploadedParts(
  job: PutJob,
  left: LeftUpload,
): Promise<UploadedParts | undefined> {
  const { key, signal, multipartCalls, retry } = job;
  const recorded = new Map(left.parts.map((part) => [part.number, part]));
  let uploaded: ReadonlyMap<number, { etag: string; crc64: bigint | undefined }> = recorded;
  try {
    const listed = await retry(
      (lease) => multipartCalls.listParts({ lease, key, signal }, left.uploadId),
      signal,
    );
    uploaded = new Map(listed.map((part) => [part.number, part]));
  } catch (error) {
    if (isUploadGone(error)) return undefined;
    if (!(error instanceof ExhibitError) || error.code !== "STORE_DENIED") throw error;
  }
  return {
    match({ number, crc64 }) {
      const known = recorded.get(number);
      if (known !== undefined && known.crc64 !== crc64) throw changed(key, number);
      const part = uploaded.get(number);
      if (part === undefined) return undefined;
      // In a list without CRC64s the ETag still tells that it is the part on the record.
      const theirs = part.crc64 ?? (part.etag === known?.etag ? known.crc64 : undefined);
      return theirs === crc64 ? { number, etag: part.etag } : undefined;
    },
  };
}

function changed(key: string, number: number): ExhibitError {
  return new ExhibitError(
    "SOURCE_CHANGED",
    `Part ${number} of ${JSON.stringify(key)} isn't what was sent of it earlier, although the file's size and time are the same.`,
    { details: { key, part: number } },
  );
}
