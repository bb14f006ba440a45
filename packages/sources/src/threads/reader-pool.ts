import type { Place } from "../file-system/place.ts";
import type { FileFacts, Piece, SourceFile } from "../source.ts";
import type { PieceDigests } from "./protocol.ts";
import { type Opening, type ReaderThread, startReaderThread } from "./reader-thread.ts";
import {
  createSharedMemory,
  type SharedMemory,
  type SharedPiece,
  type Stretch,
} from "./shared-memory.ts";

/** Threads that read files and digest them, so that neither the disk nor the digests keep the connections waiting. */
export interface FileReaders {
  /**
   * A file by a path that the source's `walk` gave. Throws SOURCE_CHANGED when it isn't as `expected`, SOURCE_OUTSIDE_ROOTS
   * when the path leads out of the source, and the other SOURCE_* codes. A small file is opened only when it is read: then
   * `read` throws these.
   */
  open(place: Place, path: string, expected: FileFacts | undefined): Promise<SourceFile>;
  /** One of the threads, for something else that takes it a moment at a time. */
  lend(): ReaderThread;
  /** Milliseconds that the disk or share of some file owes an answer. */
  silence(): number;
  close(): Promise<void>;
}

/** For a disk that answers at once: a small file takes its thread half of the time that it takes the main thread. */
const FAST_DISK_THREADS = 1;
/** For one that doesn't: the threads wait most of the time. It's also what Node has for files of its own. */
const SLOW_DISK_THREADS = 4;
/** A job, or a MiB, whose opening and reading take more milliseconds than this is waiting for the disk. */
const SLOW_JOB = 5;
/** A thread with more to do than this isn't given more as long as another can be started. */
const ENOUGH_JOBS = 8;
/** A thread that is no longer needed ends after so many milliseconds. */
const KEPT = 10_000;
/** Files up to this many bytes are read in one go. */
const SMALL = 1024 * 1024;

/**
 * A thread starts when the others have enough to do, the first one with the first file; one that failed is replaced so. When
 * the disk has become fast, those that were started last get nothing more, and end.
 * What is read and not released yet should take no more than `memoryBytes`: more of it is dear.
 */
export function createFileReaders(memoryBytes: number, start = startReaderThread): FileReaders {
  const memory = createSharedMemory(memoryBytes);
  const threads = new Set<ReaderThread>();

  function leastBusy(): ReaderThread {
    // In the order of their start: the first one always has something to do, and tells how fast the disk is.
    const [first] = threads;
    const enough = first && first.pace > SLOW_JOB ? SLOW_DISK_THREADS : FAST_DISK_THREADS;
    let least: ReaderThread | undefined;
    let count = 0;
    for (const thread of threads) {
      count += 1;
      if (count > enough) endIdle(thread);
      else if (!least || thread.busy < least.busy) least = thread;
    }
    if (least && (least.busy < ENOUGH_JOBS || threads.size >= enough)) return least;
    const started = start(() => threads.delete(started), memory.whole);
    threads.add(started);
    return started;
  }

  function endIdle(thread: ReaderThread): void {
    if (thread.idle < KEPT) return;
    threads.delete(thread);
    void thread.stop();
  }

  return {
    async open(place, path, expected) {
      const opening = { place, path, expected };
      if (expected !== undefined && expected.size <= SMALL)
        return smallFile(expected, opening, memory, leastBusy);
      return await openedFile(opening, memory, leastBusy());
    },
    lend: leastBusy,
    silence: () => Math.max(0, ...[...threads].map((thread) => thread.silence)),
    async close() {
      await Promise.all([...threads].map((thread) => thread.stop()));
    },
  };
}

/** Not opened before it's read; opened, read and closed at once when all of it is wanted. */
function smallFile(
  facts: FileFacts,
  opening: Opening,
  memory: SharedMemory,
  threadToUse: () => ReaderThread,
): SourceFile {
  let opened: Promise<SourceFile> | undefined;
  return {
    ...facts,
    read(length) {
      if (opened === undefined && length === facts.size) {
        const thread = threadToUse();
        return readInto(memory, length, (whole) => thread.readWhole({ ...opening, whole }));
      }
      opened ??= openedFile(opening, memory, threadToUse());
      return opened.then((file) => file.read(length));
    },
    rewind: async () => (await opened)?.rewind(),
    async [Symbol.asyncDispose]() {
      await (await opened)?.[Symbol.asyncDispose]();
    },
  };
}

async function openedFile(
  opening: Opening,
  memory: SharedMemory,
  thread: ReaderThread,
): Promise<SourceFile> {
  const { file, size, modifiedAt } = await thread.open(opening);
  return {
    size,
    modifiedAt,
    read: (length) => readInto(memory, length, (into) => thread.read(file, into)),
    rewind: () => thread.rewind(file),
    [Symbol.asyncDispose]: () => thread.close(file),
  };
}

function readInto(
  memory: SharedMemory,
  length: number,
  read: (into: Stretch) => Promise<PieceDigests>,
): Promise<Piece> {
  const into = memory.take(length);
  return read(into.stretch).then(
    (digests) => pieceOf(into, digests),
    (error: unknown) => {
      into.release();
      throw error;
    },
  );
}

function pieceOf({ bytes, release }: SharedPiece, { crc64, sha256 }: PieceDigests): Piece {
  return { bytes, crc64, sha256: sha256 && Buffer.from(sha256), release };
}
