import type { ErrorCode, ExhibitError } from "@exhibit/contracts/errors";
import type { Place } from "../file-system/place.ts";
import type { FileFacts } from "../source.ts";
import type { PackedEntries } from "./packed-entries.ts";
import type { Stretch } from "./shared-memory.ts";

/** What a thread is asked. */
export type ReadJob = { id: number } & (
  | {
      do: "open";
      place: Place;
      path: string;
      /** What the file was when it was planned. */
      expected: FileFacts | undefined;
      /** Memory for the whole of a small file: it's opened, read and closed in one go. */
      whole: Stretch | undefined;
    }
  /** The next bytes, as many as `into` has. */
  | { do: "read"; file: number; into: Stretch }
  /** From the first byte again. */
  | { do: "rewind"; file: number }
  | { do: "close"; file: number }
  /** The next entries below a place; the first job with the walk's number begins it. */
  | { do: "walk"; walk: number; place: Place }
  /** Leaves the walk where it is. */
  | { do: "end walk"; walk: number }
);

/** What a piece of a file is proved with. */
export interface PieceDigests {
  crc64: bigint;
  /** Of the whole file, with its last piece: 32 bytes. Sent to another thread, a Buffer becomes a Uint8Array. */
  sha256: Uint8Array | undefined;
}

export type OpenedFile = FileFacts & {
  /** Its number in the thread. */
  file: number;
};

/** An `ExhibitError`, which structured cloning would make a plain Error of. */
export interface ThreadError {
  code: ErrorCode;
  message: string;
  details: ExhibitError["details"];
}

/**
 * What a thread sends: answers in the order of their jobs, and the milliseconds that they took it without the digests. Those
 * take the longer the more others want the cores, and say nothing of the disk.
 */
export interface ReadAnswers {
  answers: ReadAnswer[];
  onDisk: number;
}

/** What an answer has beside its job's number: one of these. */
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
