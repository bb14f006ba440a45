import type { ExhibitError } from "@exhibit/contracts";

/**
 * Why something that lies in a source isn't taken: it has no bytes of its own. `loop` is a folder that is being walked
 * already, met again by way of a symbolic link.
 */
export type SkippedReason = "symlink" | "loop" | "fifo" | "socket" | "device" | "other";

/** What a file was when it was planned, and must still be when it is sent. */
export interface FileFacts {
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the epoch, an integer (the floor of the file's mtime). */
  readonly modifiedAt: number;
}

/**
 * One thing that lies in a source. `path` is relative to the source, with `/` between its parts.
 *
 * The path of a `faulty` entry whose name isn't UTF-8 is for reading only: see `showName`.
 */
export type SourceEntry =
  | ({ readonly kind: "file"; readonly path: string } & FileFacts)
  | { readonly kind: "skipped"; readonly path: string; readonly reason: SkippedReason }
  | { readonly kind: "faulty"; readonly path: string; readonly error: ExhibitError };

/** The port: a place that evidence is read from. */
export interface SourceReader {
  /**
   * Gives every entry once, in no promised order, as a stream: memory doesn't grow with the number of entries.
   * What is wrong with one entry (or one sub-folder) is a `faulty` entry, and the rest goes on.
   * Throws SOURCE_* when the source itself can't be read, INTERRUPTED when `signal` is aborted.
   */
  walk(options: { signal?: AbortSignal }): AsyncIterable<SourceEntry>;
  /**
   * Opens a file by a path that `walk` gave. Throws SOURCE_CHANGED when it isn't as `expected`,
   * SOURCE_OUTSIDE_ROOTS when the path leads out of the source, and the other SOURCE_* codes.
   */
  open(path: string, expected: FileFacts | undefined): Promise<OpenFile>;
  /** Whether a folder lies at a path that `walk` gave; false also when that can't be told. */
  isFolder(path: string): Promise<boolean>;
}

/** An open file. Whoever opened it closes it. */
export interface OpenFile extends FileFacts {
  /**
   * Reads bytes [start, end) in order. May be called again, also while another read runs.
   *
   * Each chunk is a fresh buffer of at most 256 KiB that belongs to the consumer. The last one is given only
   * after exactly `end - start` bytes were read and size and time were found unchanged (else SOURCE_CHANGED),
   * so a body that was sent whole is one that was proved whole.
   */
  read(start: number, end: number): AsyncIterable<Buffer>;
  close(): Promise<void>;
}
