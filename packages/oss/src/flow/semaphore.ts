import { interrupted } from "../api/store-error.ts";
import { waitAmong } from "../http/abort-listeners.ts";

/** Runs the work when there is room, and gives what it gives. Throws INTERRUPTED when the signal ends the waiting. */
export type Pass = <T>(work: () => Promise<T>, signal: AbortSignal | undefined) => Promise<T>;

/** A number of places that may change, and those who wait for one, first come, first served. */
export interface Room {
  readonly pass: Pass;
  readonly taken: number;
  /** Others wait. */
  readonly isFull: boolean;
}

/** `places` is asked whenever somebody comes or goes. Those who wait are let in `together`, save into an empty room. */
export function createRoom(places: () => number, together = 1): Room {
  let taken = 0;
  const waiting = new Set<() => void>();

  function letIn(): void {
    if (taken > 0 && places() - taken < Math.min(together, waiting.size)) return;
    for (const enter of waiting) {
      if (taken >= places()) return;
      waiting.delete(enter);
      taken += 1;
      enter();
    }
  }

  return {
    get taken() {
      return taken;
    },
    get isFull() {
      return waiting.size > 0;
    },
    async pass(work, signal) {
      if (signal?.aborted) throw interrupted(signal);
      if (waiting.size === 0 && taken < places()) taken += 1;
      else await waitAmong(waiting, signal);
      try {
        return await work();
      } finally {
        taken -= 1;
        letIn();
      }
    },
  };
}
