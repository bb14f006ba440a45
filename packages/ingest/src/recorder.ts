import { type Ledger, type NotStored, recordOutcomes, type Stored } from "@exhibit/ledger";
import { untilReachable } from "./until-reachable.ts";

/** An outcome waits for others this long at most, or until there are this many of them. */
const FLUSH_AFTER_MS = 250;
/** Two batches to a full shard: with one, the rows of a page would find no room on it (docs/performance.md). */
export const FLUSH_AT = 128;

export type Outcome = Stored | NotStored;

/**
 * Takes outcomes of files as they come and records them in batches, one after the other. While the ledger is away a
 * batch waits for it, so that what has been sent isn't lost; a batch that can't be recorded makes `add`, `ready` and
 * `flush` reject from then on: what isn't recorded isn't done.
 */
export function createRecorder(ledger: Ledger, folderId: number, signal: AbortSignal) {
  let batch: Outcome[] = [];
  let timer: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();
  let isAway = false;

  async function record(outcomes: readonly Outcome[]): Promise<void> {
    const [stored, others] = [outcomes.filter(isStored), outcomes.filter(isNotStored)];
    // A batch whose answer was lost is recorded already: then nothing changes.
    await untilReachable(
      () => recordOutcomes(ledger, folderId, stored, others),
      signal,
      () => {
        isAway = true;
      },
    );
    isAway = false;
  }

  function send(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const outcomes = batch;
    batch = [];
    last = last.then(() => record(outcomes));
    last.catch(() => {}); // whoever adds or flushes next gets it
    return last;
  }

  return {
    /** Gives what is to be waited for before more is added. */
    add(outcome: Outcome): Promise<void> | undefined {
      batch.push(outcome);
      if (batch.length >= FLUSH_AT) return send();
      timer ??= setTimeout(() => void send(), FLUSH_AFTER_MS);
      return undefined;
    },
    /** Until the ledger is back, if it's away: nothing more is to be sent before that. */
    ready: (): Promise<void> | undefined => (isAway ? last : undefined),
    /** Resolves when everything added is in the ledger. */
    flush: (): Promise<void> => send(),
  };
}

function isStored(outcome: Outcome): outcome is Stored {
  return outcome.state === "stored" || outcome.state === "identical";
}

function isNotStored(outcome: Outcome): outcome is NotStored {
  return !isStored(outcome);
}
