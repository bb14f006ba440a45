import type { ErrorCode, ExhibitError, Priority, SkippedAs } from "@exhibit/contracts";

/** A file as the walk of a source finds it. */
export interface PlannedFile {
  /** Relative to the source. */
  path: string;
  /** Bytes. */
  size: number;
  /** Milliseconds since the epoch. */
  modifiedAt: number;
  /**
   * The path's normal form, when that isn't the path itself: files of one folder share a key by it.
   */
  normal?: string;
  /** The file's number in its folder; only for a vendor that opens a folder's files one by one. */
  slot?: number;
}

/**
 * An entry that is never sent: a `skipped` one isn't a file; a `failed` one can't even be planned.
 */
export type UnsendableEntry = { path: string; normal?: string } & (
  | { state: "skipped"; as: SkippedAs }
  | {
      state: "failed";
      code: ErrorCode;
      message: string;
      /** The parts of the message. */
      details?: ExhibitError["details"];
      /**
       * Only for a folder: how many files lie below it, or null when nobody knows. They have no
       * entries of their own.
       */
      folder?: { files: number | null };
    }
);

/** A shard that is to be stored, for the queue. */
export interface OpenShard {
  shardId: number;
  /** The shard's position among its import's open shards that no worker has claimed yet, from 1. */
  position: number;
  /** Its import's. */
  priority: Priority;
}
