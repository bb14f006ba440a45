import type { PieceDigests } from "../digests/digester.ts";
import type { Place } from "../file-system/place.ts";
import type { FileStat } from "../source.ts";
import type { PackedEntries } from "./packed-entries.ts";
import type { Slice } from "./shared-memory.ts";
import type { ThreadError } from "./thread-error.ts";

/** What a thread is started with. */
export interface ThreadData {
  /** What files are read into; of no length for a thread that only walks. */
  memory: SharedArrayBuffer;
  /** Whether files are digested by SM3 as well. */
  withSm3: boolean;
}

/** What a thread is asked to do. */
export type ReadJob = { id: number } & (
  | {
      do: "open";
      place: Place;
      path: string;
      /** What the file was when it was planned. */
      expected: FileStat | undefined;
      /** Memory for the whole of a small file: it is opened, read and closed in one go. */
      whole: Slice | undefined;
    }
  /** Reads the next bytes, as many as `into` holds. */
  | { do: "read"; file: number; into: Slice }
  /** Starts over from the first byte. */
  | { do: "rewind"; file: number }
  | { do: "close"; file: number }
  /**
   * Returns the next entries below a place; the first job with the walk's number begins the walk.
   */
  | { do: "walk"; walk: number; place: Place }
  /** Ends the walk wherever it is. */
  | { do: "end walk"; walk: number }
);

export type OpenedFile = FileStat & {
  /** Its number in the thread. */
  file: number;
};

/**
 * What a thread sends: answers in the order of their jobs, and the milliseconds that it took for
 * them without the digests. Digests take longer when others want the cores, which says nothing of
 * the disk.
 */
export interface ReadAnswers {
  answers: ReadAnswer[];
  onDisk: number;
}

/** An answer has one of these beside its job's id. */
export interface Answers {
  opened: OpenedFile;
  piece: PieceDigests;
  /** Undefined after the last ones. */
  entries: PackedEntries | undefined;
  done: true;
  error: ThreadError;
}

export type ReadAnswer = { id: number } & {
  [Key in keyof Answers]: Pick<Answers, Key>;
}[keyof Answers];
