import type { AcknowledgedPart, OpenUpload } from "@exhibit/contracts";

/** An upload that an earlier `put` of the file began and didn't end. */
export interface LeftUpload extends OpenUpload {
  readonly parts: readonly AcknowledgedPart[];
}

/**
 * The part of a file's multipart upload that outlives the process. Each method resolves once its
 * news is recorded, and `put` goes on only then. With a record, `put` leaves it to the record's
 * keeper to abort uploads: one that can be continued stays open.
 */
export interface UploadRecord {
  /** The upload to continue, of a file of the same size and time. */
  readonly left: LeftUpload | undefined;
  begin(upload: OpenUpload): Promise<void>;
  /** Records a part of the upload that is left, or of the one that was begun since. */
  part(part: AcknowledgedPart): Promise<void>;
  /** Records that the upload is of no use any more; it may still be open. */
  discard(): Promise<void>;
}
