import type { Place } from "../place.ts";
import type { SourceEntry } from "../source.ts";
import { walkDirectory } from "../walk-directory.ts";
import { type PackedEntries, packEntries } from "./packed-entries.ts";

/** After this many milliseconds an answer is given even if nothing was met, so that a walk can be stopped. */
const ANSWER_WITHIN = 50;

/** The walk that a thread is on. Gives undefined after the last entries; throws what `SourceReader.walk` does. */
export interface ThreadWalk {
  begin(place: Place): PackedEntries | undefined;
  goOn(): PackedEntries | undefined;
  end(): void;
}

export function createThreadWalk(): ThreadWalk {
  let walk: Generator<SourceEntry[], void, void> | undefined;

  /** Steps that met nothing aren't worth a message. */
  function goOn(): PackedEntries | undefined {
    const until = performance.now() + ANSWER_WITHIN;
    for (;;) {
      const step = walk?.next();
      if (step?.value === undefined) return undefined;
      if (step.value.length > 0 || performance.now() > until) return packEntries(step.value);
    }
  }

  return {
    begin(place) {
      walk = walkDirectory(place);
      return goOn();
    },
    goOn,
    end() {
      walk?.return();
      walk = undefined;
    },
  };
}
