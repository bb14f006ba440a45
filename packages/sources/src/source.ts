import type { ExhibitError } from "@exhibit/contracts/errors";
import type { Place } from "./file-system/place.ts";
import type { FileReaders } from "./threads/reader-pool.ts";

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
  | ({ readonly kind: "faulty"; readonly path: string } & Fault);

/** Why something isn't taken. */
interface Fault {
  readonly error: ExhibitError;
  /** Of a folder: how many files lie below it that have no entries of their own; null when nobody knows. */
  readonly folder?: { readonly files: number | null };
}

export interface WalkOptions {
  signal?: AbortSignal | undefined;
  /** Whose threads may walk, too, where that holds up nothing. */
  readers?: Pick<FileReaders, "lend">;
}

/** The port: a place that evidence is found in. */
export interface SourceReader {
  /**
   * Gives every entry once, in no promised order, as a stream: memory doesn't grow with the number of entries.
   * What is wrong with one entry (or one sub-folder) is a `faulty` entry, and the rest goes on.
   * Throws SOURCE_* when the source itself can't be read, INTERRUPTED when `signal` is aborted.
   */
  walk(options: WalkOptions): AsyncIterable<SourceEntry>;
  /** Where it lies, for those who read its files. */
  readonly place: Place;
  /** Whether a folder lies at a path that `walk` gave; false also when that can't be told. */
  isFolder(path: string): Promise<boolean>;
}

/** A file that is read once, in order. Whoever opened it disposes of it. */
export interface SourceFile extends FileFacts, AsyncDisposable {
  /**
   * The next `length` bytes. The last one of the file is given only after size and time were found unchanged (else
   * SOURCE_CHANGED), so a body that was sent whole is one that was proved whole. Throws SOURCE_*.
   */
  read(length: number): Promise<Piece>;
  /** From the first byte again. */
  rewind(): Promise<void>;
}

/** Bytes of a file, and what they are proved with. */
export interface Piece {
  readonly bytes: Buffer;
  /** Of these bytes: CRC-64/XZ, unsigned. */
  readonly crc64: bigint;
  /** Of the whole file, 32 bytes, with its last piece. */
  readonly sha256: Buffer | undefined;
  /** Gives the memory back: `bytes` mustn't be used after it. */
  release(): void;
}
