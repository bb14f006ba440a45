import type { FileBody, Piece } from "@exhibit/oss";
import type { FileFacts, Place } from "@exhibit/sources";
import { createReaderThread, type ReaderThread } from "./reader-thread-port.ts";
import { createSharedMemory, type SharedMemory, type SharedPiece } from "./shared-memory.ts";
import type { OpenedFile, PieceDigests } from "./thread-protocol.ts";

/** A file that a thread has open. */
export interface ReadableFile extends FileBody, AsyncDisposable {
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/** Threads that read files and digest them, so that neither the disk nor the digests keep the connections waiting. */
export interface ReaderThreads {
  /**
   * Opens a file and, if it's known to be no larger than `readAhead` bytes, reads all of it in the same go.
   * Throws SOURCE_*, as `openFile` does.
   */
  open(
    place: Place,
    path: string,
    expected: FileFacts | undefined,
    readAhead: number,
  ): Promise<ReadableFile>;
  close(): Promise<void>;
}

export interface ReaderThreadsOptions {
  threads: number;
  /** Bytes of memory that is kept for the next files. */
  keptMemory: number;
}

export function startReaderThreads({ threads, keptMemory }: ReaderThreadsOptions): ReaderThreads {
  const memory = createSharedMemory(keptMemory);
  const all = Array.from({ length: threads }, createReaderThread);

  return {
    async open(place, path, expected, readAhead) {
      const thread = all.reduce((least, other) => (other.busy < least.busy ? other : least));
      const ahead = expected && expected.size <= readAhead ? memory.take(expected.size) : undefined;
      try {
        const opened = await thread.open({ place, path, expected, first: ahead?.bytes });
        return readable(thread, memory, opened, ahead);
      } catch (error) {
        ahead?.release();
        throw error;
      }
    },
    async close() {
      await Promise.all(all.map((thread) => thread.stop()));
    },
  };
}

function readable(
  thread: ReaderThread,
  memory: SharedMemory,
  { file, size, modifiedAt, first }: OpenedFile,
  ahead: SharedPiece | undefined,
): ReadableFile {
  // What was read ahead is given to the first read, once.
  let waiting = ahead && first && pieceOf(ahead, first);
  return {
    size,
    modifiedAt,
    async read(length) {
      const piece = waiting;
      waiting = undefined;
      if (piece?.bytes.length === length) return piece;
      if (piece) {
        piece.release();
        await thread.rewind(file);
      }
      const into = memory.take(length);
      try {
        return pieceOf(into, await thread.read({ file, into: into.bytes }));
      } catch (error) {
        into.release();
        throw error;
      }
    },
    async rewind() {
      waiting?.release();
      waiting = undefined;
      await thread.rewind(file);
    },
    async [Symbol.asyncDispose]() {
      waiting?.release();
      waiting = undefined;
      if (!first?.sha256) await thread.close(file);
    },
  };
}

function pieceOf({ bytes, release }: SharedPiece, { crc64, sha256 }: PieceDigests): Piece {
  return { bytes, crc64, sha256: sha256 && Buffer.from(sha256), release };
}
