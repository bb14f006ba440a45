import { ExhibitError } from "@exhibit/contracts/errors";
import { isOnLocalDisk } from "../file-system/local-disk.ts";
import type { Place } from "../file-system/place.ts";
import type { SourceEntry, WalkOptions } from "../source.ts";
import { unpackEntries } from "./packed-entries.ts";
import { type ReaderThread, startReaderThread } from "./reader-thread.ts";

/**
 * Walks sources in threads. One on a disk of this machine is done by a thread that reads files, between two of them; any other
 * has a thread to itself, so that a share that hangs holds up nothing else.
 */
export interface Walkers {
  /** See `SourceReader.walk`. */
  walk(place: Place, options: WalkOptions): AsyncGenerator<SourceEntry, void, void>;
}

/**
 * A thread that has had nothing to do for this many milliseconds ends, and gives some 12 MB back; until then the next walk
 * begins 50 to 100 ms sooner, as imports seldom come alone.
 */
const KEPT = 60_000;

export function createWalkers(start = startReaderThread, isLocal = isOnLocalDisk): Walkers {
  const idle = new Map<ReaderThread, NodeJS.Timeout>();

  function take(): ReaderThread {
    for (const [thread, end] of idle) {
      clearTimeout(end);
      idle.delete(thread);
      return thread;
    }
    const started = start(() => idle.delete(started));
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
    async *walk(place, { signal, readers }) {
      const lent = readers && (await isLocal(place.root)) ? readers.lend() : undefined;
      const thread = lent ?? take();
      const walk = thread.walk(place);
      try {
        throwIfAborted(signal);
        for (let packed = await walk.next(); packed; packed = await walk.next()) {
          yield* unpackEntries(packed);
          throwIfAborted(signal);
        }
      } finally {
        // A thread that has ended holds nothing open, and isn't used again.
        await walk.end().then(
          () => lent ?? giveBack(thread),
          () => undefined,
        );
      }
    },
  };
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new ExhibitError("INTERRUPTED", "The walk of the source was stopped.", {
    cause: signal.reason,
  });
}
