import { ExhibitError } from "@exhibit/contracts";
import type { UploadedPart } from "../api/multipart-calls.ts";
import type { Part } from "../body/part-reader.ts";
import { isGone, type LeftUpload } from "../upload-record.ts";
import type { PutJob } from "./put-job.ts";

/** What OSS has of an upload that is gone on with. */
export interface HeldParts {
  /**
   * The part as OSS has it, if it is the one that was read; undefined when it has to be sent. Throws SOURCE_CHANGED when
   * the bytes aren't those that were sent earlier.
   */
  match(part: Pick<Part, "number" | "crc64">): UploadedPart | undefined;
}

/** Of an upload that has just begun. */
export const nothingHeld: HeldParts = { match: () => undefined };

/**
 * What OSS lists, where the lease may ask; else what is on the record, which is as good as long as OSS still has it: if it
 * hasn't, it says so at the end. Undefined: OSS doesn't know the upload any more.
 */
export async function heldParts(job: PutJob, left: LeftUpload): Promise<HeldParts | undefined> {
  const { key, signal, control, attempt } = job;
  const recorded = new Map(left.parts.map((part) => [part.number, part]));
  let held: ReadonlyMap<number, { etag: string; crc64: bigint | undefined }> = recorded;
  try {
    const listed = await attempt(
      (lease) => control.listParts({ lease, key, signal }, left.uploadId),
      signal,
    );
    held = new Map(listed.map((part) => [part.number, part]));
  } catch (error) {
    if (isGone(error)) return undefined;
    if (!(error instanceof ExhibitError) || error.code !== "STORE_DENIED") throw error;
  }
  return {
    match({ number, crc64 }) {
      const known = recorded.get(number);
      if (known !== undefined && known.crc64 !== crc64) throw changed(key, number);
      const part = held.get(number);
      if (part === undefined) return undefined;
      // A list without CRC64s still tells by the ETag that it is the part on the record.
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
