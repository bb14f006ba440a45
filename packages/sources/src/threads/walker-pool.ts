import { ExhibitError } from "@exhibit/contracts/errors";
import { isOnLocalDisk } from "../file-system/local-disk.ts";
import type { Place } from "../file-system/place.ts";
import type { SourceEntry, WalkOptions } from "../source.ts";
import { unpackEntries } from "./packed-entries.ts";
import type { ReaderPool } from "./reader-pool.ts";
import { type ReaderThread, startReaderThread } from "./reader-thread.ts";

/**
 * Walks trees of the file system in threads. A tree on a disk of this machine is walked by a thread
 * that reads files, between two of them. Any other has a thread to itself, so that a share that
 * hangs holds up nothing else.
 */
export interface WalkerPool {
  /** See `SourceReader.walk`. */
  walk(place: Place, options: WalkOptions): AsyncGenerator<SourceEntry, void, void>;
  /** Ends its threads; what they are walking fails with SOURCE_IO. */
  close(): Promise<void>;
}

/**
 * A thread that has had nothing to do for this many milliseconds ends, and frees some 12 MB. Until
 * then the next walk begins 50 to 100 ms sooner, as imports seldom come alone.
 */
const KEPT = 60_000;

/** @param readers whose threads walk what lies on a disk of this machine */
export function createWalkerPool(
  readers: Pick<ReaderPool, "borrow">,
  start = startReaderThread,
  isLocal = isOnLocalDisk,
): WalkerPool {
  const threads = new Set<ReaderThread>();
  const idle = new Map<ReaderThread, NodeJS.Timeout>();

  function take(): ReaderThread {
    for (const [thread, end] of idle) {
      clearTimeout(end);
      idle.delete(thread);
      return thread;
    }
    const started = start(() => {
      idle.delete(started);
      threads.delete(started);
    });
    threads.add(started);
    return started;
  }

  function giveBack(thread: ReaderThread): void {
    const end = setTimeout(() => {
      idle.delete(thread);
      void thread.stop();
    }, KEPT);
    idle.set(thread, end.unref());
  }

  return {
    async *walk(place, { signal }) {
      const borrowed = (await isLocal(place.root)) ? readers.borrow() : undefined;
      const thread = borrowed ?? take();
      const walk = thread.walk(place);
      try {
        throwIfAborted(signal);
        for (let packed = await walk.next(); packed; packed = await walk.next()) {
          yield* unpackEntries(packed);
          throwIfAborted(signal);
        }
      } catch (thrown) {
        // Whoever aborts a walk may have ended its thread as well.
        throwIfAborted(signal);
        throw thrown;
      } finally {
        // A thread that has ended holds nothing open, and isn't used again.
        await walk.end().then(
          () => borrowed ?? giveBack(thread),
          () => undefined,
        );
      }
    },
    async close() {
      await Promise.all([...threads].map((thread) => thread.stop()));
    },
  };
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new ExhibitError("INTERRUPTED", "The walk of the source was stopped.", {
    cause: signal.reason,
  });
}
