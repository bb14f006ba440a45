import type { Piece } from "@exhibit/contracts";
import type { PieceDigests } from "../digests/digester.ts";
import type { Place } from "../file-system/place.ts";
import type { FileStat, SourceFile } from "../source.ts";
import { type Opening, type ReaderThread, startReaderThread } from "./reader-thread.ts";
import {
  createSharedMemory,
  type SharedBytes,
  type SharedMemory,
  type Slice,
} from "./shared-memory.ts";

/**
 * Threads that read files and digest them, so that neither the disk nor the digests hold up the
 * connections.
 */
export interface ReaderPool {
  /**
   * Opens a file; see `SourceReader.open`. A small one that is `expected` is opened only when it is
   * read.
   */
  open(place: Place, path: string, expected: FileStat | undefined): Promise<SourceFile>;
  /** Returns one of the threads, for other work that takes it a moment at a time. */
  borrow(): ReaderThread;
  /** Returns the milliseconds for which the disk or share of some file has owed an answer. */
  silence(): number;
  close(): Promise<void>;
}

/**
 * Threads for a disk that answers at once: one needs half the time for a small file that the main
 * thread needs.
 */
const FAST_DISK_THREADS = 1;
/** Threads for a slower one, which wait most of the time. Node has as many for files of its own. */
const SLOW_DISK_THREADS = 4;
/**
 * A job, or a MiB of one, that opens and reads for more milliseconds than this waits for the disk.
 */
const SLOW_JOB = 5;
/** A thread with this many jobs gets no more while another can be started. */
const ENOUGH_JOBS = 8;
/** A thread that is no longer needed ends after this many milliseconds without work. */
const KEPT = 10_000;
/** Files of up to this many bytes are read in one go. */
const SMALL = 1024 * 1024;

/**
 * The first thread starts with the first file, another whenever all have enough to do; so one that
 * failed is replaced. When the disk has become fast, the threads that were started last get no more
 * work, and end.
 *
 * @param memoryBytes what is read and not released yet should take no more: more of it costs extra
 */
export function createReaderPool(
  memoryBytes: number,
  { start = startReaderThread, withSm3 = false } = {},
): ReaderPool {
  const memory = createSharedMemory(memoryBytes);
  const threads = new Set<ReaderThread>();

  function leastBusy(): ReaderThread {
    // In the order of their start: the first always has something to do, and tells how fast the
    // disk is.
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
    const started = start(() => threads.delete(started), {
      memory: memory.whole,
      withSm3,
    });
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
    borrow: leastBusy,
    silence: () => Math.max(0, ...[...threads].map((thread) => thread.silence)),
    async close() {
      await Promise.all([...threads].map((thread) => thread.stop()));
    },
  };
}

/**
 * Isn't opened before it is read; is opened, read and closed in one go when all of it is wanted.
 */
function smallFile(
  stat: FileStat,
  opening: Opening,
  memory: SharedMemory,
  threadToUse: () => ReaderThread,
): SourceFile {
  let opened: Promise<SourceFile> | undefined;
  return {
    ...stat,
    read(length) {
      if (opened === undefined && length === stat.size) {
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
  read: (into: Slice) => Promise<PieceDigests>,
): Promise<Piece> {
  const into = memory.take(length);
  return read(into.slice).then(
    (digests) => pieceOf(into, digests),
    (error: unknown) => {
      into.release();
      throw error;
    },
  );
}

function pieceOf({ bytes, release }: SharedBytes, { crc64, sha256, sm3 }: PieceDigests): Piece {
  return {
    bytes,
    crc64,
    sha256: sha256 && Buffer.from(sha256),
    sm3: sm3 && Buffer.from(sm3),
    release,
  };
}
