import { ExhibitError } from "@exhibit/contracts";
import type { Bucket } from "@exhibit/credentials";
import { isSameBucket } from "./lease/same-bucket.ts";

/** A multipart upload that OSS has opened. */
export interface OpenUpload {
  /** OSS's own id. */
  readonly uploadId: string;
  readonly endpoint: string;
  readonly bucket: string;
  readonly key: string;
  /** Bytes of each part but the last. */
  readonly partSize: number;
  /** By OSS's clock. */
  readonly beganAt: Date;
}

/** A part that OSS has acknowledged. */
export interface AcknowledgedPart {
  /** From 1 on. */
  readonly number: number;
  readonly etag: string;
  /** OSS's CRC64 of it, equal to that of what was read. */
  readonly crc64: bigint;
}

/** An upload that an earlier `put` of the file began and didn't end. */
export interface LeftUpload extends OpenUpload {
  readonly parts: readonly AcknowledgedPart[];
}

/**
 * What outlives the process of one file's multipart upload. Each method resolves when the thing is on the record, and only
 * then `put` goes on. With a record `put` leaves aborting to whoever keeps it: what may be gone on with is kept.
 */
export interface UploadRecord {
  /** The upload to go on with, of a file of the same size and time. */
  readonly left: LeftUpload | undefined;
  begin(upload: OpenUpload): Promise<void>;
  /** Of the upload that is left, or of the one that was begun since. */
  part(part: AcknowledgedPart): Promise<void>;
  /** Nothing can be made of that upload any more; it may still be open. */
  giveUp(): Promise<void>;
}

/** Whether an upload is one to this key of this bucket. */
export function isOf(
  upload: Pick<OpenUpload, "endpoint" | "bucket" | "key">,
  key: string,
  bucket: Bucket,
): boolean {
  const { endpoint, bucket: name } = upload;
  return upload.key === key && isSameBucket({ endpoint, name }, bucket);
}

/** Whether OSS doesn't know the upload, or not all of its parts. */
export function isGone(error: unknown): boolean {
  return error instanceof ExhibitError && error.code === "STORE_UPLOAD_GONE";
}
