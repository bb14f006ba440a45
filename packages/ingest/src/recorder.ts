import { type Ledger, type NotStored, recordOutcomes, type Stored } from "@exhibit/ledger";

/** An outcome waits for others this long at most, or until there are this many of them. */
const FLUSH_AFTER_MS = 250;
const FLUSH_AT = 64;

export type Outcome = Stored | NotStored;

/**
 * Takes outcomes of files as they come and records them in batches, one after the other. A batch that can't be
 * recorded makes `add` and `flush` reject from then on: what isn't recorded isn't done.
 */
export function createRecorder(ledger: Ledger, folderId: number) {
  let batch: Outcome[] = [];
  let timer: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();

  function send(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const outcomes = batch;
    batch = [];
    last = last.then(() =>
      recordOutcomes(ledger, folderId, outcomes.filter(isStored), outcomes.filter(isNotStored)),
    );
    last.catch(() => {}); // whoever adds or flushes next gets it
    return last;
  }

  return {
    async add(outcome: Outcome): Promise<void> {
      batch.push(outcome);
      if (batch.length >= FLUSH_AT) await send();
      else timer ??= setTimeout(() => void send(), FLUSH_AFTER_MS);
    },
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
