import type { FileBody, Piece, SkippedAs } from "@exhibit/contracts";
import type { ExhibitError } from "@exhibit/contracts/errors";

// The port: what everybody else knows of a source, whatever its kind. A kind's side of it is
// source-kind.ts.

/** What a file was when it was planned, and must still be when it is sent. */
export interface FileStat {
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the epoch, an integer (the file's mtime, rounded down). */
  readonly modifiedAt: number;
}

/**
 * One thing that lies in a source. `path` is relative to the source, with `/` between its parts.
 *
 * The path of a `faulty` entry whose name isn't text has its bytes written out (see
 * `isWrittenOut`): it is for people to read, not to open.
 */
export type SourceEntry =
  | ({ readonly kind: "file" } & PlannedEntry & FileStat)
  | { readonly kind: "skipped"; readonly path: string; readonly reason: SkippedAs }
  | ({ readonly kind: "faulty"; readonly path: string } & Fault);

/**
 * What has to be kept of a file to open it later, in any process: `walk` yields it, `open` takes
 * it.
 */
export interface PlannedEntry {
  readonly path: string;
}

/** Why an entry can't be taken. */
interface Fault {
  readonly error: ExhibitError;
  /**
   * There when the entry is a folder: how many files lie below it that have no entries of their
   * own; null when that can't be told.
   */
  readonly folder?: { readonly files: number | null };
}

export interface WalkOptions {
  signal?: AbortSignal | undefined;
}

/** An open source of any kind. Whoever opened it disposes of it. */
export interface SourceReader extends AsyncDisposable {
  /**
   * Yields every entry once, in no particular order, as a stream: memory doesn't grow with the
   * number of entries. An entry, or a sub-folder, that can't be taken is a `faulty` entry, and the
   * walk goes on.
   *
   * Throws SOURCE_* when the source itself can't be read, REQUEST_INVALID when it holds Exhibit's
   * own data, INTERRUPTED when `signal` is aborted.
   */
  walk(options: WalkOptions): AsyncIterable<SourceEntry>;
  /**
   * Opens a file that `walk` yielded. A kind may put that off until the file is read first; then
   * `read` throws what `open` would throw: SOURCE_CHANGED when the file isn't as `expected`,
   * SOURCE_OUTSIDE_ROOTS when its path leads out of the source, and the other SOURCE_* codes.
   *
   * @param expected what the file was when it was planned; undefined to open whatever it is now, at
   * once
   */
  open(file: PlannedEntry, expected: FileStat | undefined): Promise<SourceFile>;
  /** Returns the text that a file's object key is made from, with `/` between its parts. */
  nameOf(path: string): string;
  /**
   * Returns whether a folder lies at a path that `walk` yielded; false also when that can't be
   * told.
   */
  isFolder(path: string): Promise<boolean>;
}

/** A file that is read once, in order. Whoever opened it disposes of it. */
export interface SourceFile extends FileBody, FileStat, AsyncDisposable {
  /**
   * Returns the next `length` bytes. The last byte of the file is returned only after size and time
   * were found unchanged (else SOURCE_CHANGED), so a body that was sent whole is proved to be
   * whole. Throws SOURCE_*.
   */
  read(length: number): Promise<Piece>;
}
