import type { ErrorCode } from "@exhibit/contracts";
import type { FileFacts, Place } from "@exhibit/sources";

/** What a reader thread is asked; answered in any order. */
export type ReadJob = { id: number } & (
  | {
      do: "open";
      place: Place;
      path: string;
      /** What the file was when it was planned. */
      expected: FileFacts | undefined;
      /** Memory for the first bytes, which are read in the same go; of a small file, all of them. */
      first: Uint8Array | undefined;
    }
  /** The next bytes, as many as `into` has. */
  | { do: "read"; file: number; into: Uint8Array }
  /** From the first byte again. */
  | { do: "rewind"; file: number }
  | { do: "close"; file: number }
);

/** What a piece of a file is proved with. */
export interface PieceDigests {
  /** Of the piece. */
  crc64: bigint;
  /** Of the whole file, with its last piece. */
  sha256: Uint8Array | undefined;
}

export interface OpenedFile extends FileFacts {
  /** Its number in the thread. */
  file: number;
  first: PieceDigests | undefined;
}

/** An `ExhibitError`, which structured cloning would make a plain Error of. */
export interface ThreadError {
  code: ErrorCode;
  message: string;
  details: Record<string, unknown>;
}

export type ReadAnswer = { id: number } & (
  | { opened: OpenedFile }
  | { piece: PieceDigests }
  | { done: true }
  | { error: ThreadError }
);
