import { waitAmong } from "../http/abort-listeners.ts";
import { interrupted } from "../http/interrupted.ts";

/**
 * Runs the work once it is admitted, and returns its result. Throws INTERRUPTED when the signal is
 * aborted before that.
 */
export type Limiter = <T>(work: () => Promise<T>, signal: AbortSignal | undefined) => Promise<T>;

/** A FIFO semaphore whose limit may change while it is in use. */
export interface Semaphore {
  readonly run: Limiter;
  /** How much work is running. */
  readonly running: number;
  readonly hasWaiters: boolean;
}

/**
 * `limit` is asked whenever work comes or ends. Waiting work is admitted in groups of `together`,
 * unless nothing is running.
 */
export function createSemaphore(limit: () => number, together = 1): Semaphore {
  let running = 0;
  const waiting = new Set<() => void>();

  function admitNext(): void {
    if (running > 0 && limit() - running < Math.min(together, waiting.size)) return;
    for (const enter of waiting) {
      if (running >= limit()) return;
      waiting.delete(enter);
      running += 1;
      enter();
    }
  }

  return {
    get running() {
      return running;
    },
    get hasWaiters() {
      return waiting.size > 0;
    },
    async run(work, signal) {
      if (signal?.aborted) throw interrupted(signal);
      if (waiting.size === 0 && running < limit()) running += 1;
      else await waitAmong(waiting, signal);
      try {
        return await work();
      } finally {
        running -= 1;
        admitNext();
      }
    },
  };
}
