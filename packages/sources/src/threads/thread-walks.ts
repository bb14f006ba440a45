import { walkDirectory } from "../directory/walk-directory.ts";
import type { Place } from "../file-system/place.ts";
import type { SourceEntry } from "../source.ts";
import { type PackedEntries, packEntries } from "./packed-entries.ts";

/**
 * After this many milliseconds a walk answers even if it met nothing, so that it can be stopped,
 * and the files that its thread has to read don't wait.
 */
const ANSWER_WITHIN = 5;

/** The walks that a thread is on, by number. */
export interface ThreadWalks {
  /**
   * Returns the next entries; undefined after the last ones. The first call with a number begins
   * the walk. Throws what `SourceReader.walk` throws.
   */
  next(walk: number, place: Place): PackedEntries | undefined;
  end(walk: number): void;
}

export function createThreadWalks(): ThreadWalks {
  const walks = new Map<number, Generator<SourceEntry[], void, void>>();

  function walkOf(number: number, place: Place): Generator<SourceEntry[], void, void> {
    const known = walks.get(number);
    if (known) return known;
    const begun = walkDirectory(place);
    walks.set(number, begun);
    return begun;
  }

  return {
    next(number, place) {
      const walk = walkOf(number, place);
      const until = performance.now() + ANSWER_WITHIN;
      for (;;) {
        // A step that met nothing isn't worth a message.
        const step = walk.next();
        if (step.value === undefined) return undefined;
        if (step.value.length > 0 || performance.now() > until) return packEntries(step.value);
      }
    },
    end(number) {
      walks.get(number)?.return();
      walks.delete(number);
    },
  };
}
