import type { ExhibitError } from "@exhibit/contracts";
import {
  type Incident,
  type Ledger,
  type NotStored,
  recordIncidents,
  recordOutcomes,
  type Stored,
} from "@exhibit/ledger";
import { untilReachable } from "../jobs/until-reachable.ts";

/** An outcome waits for others this long at most, or until there are this many of them. */
const FLUSH_AFTER_MS = 250;
/** Two batches to a full shard: with one, the rows of a page would find no room on it (docs/performance.md). */
export const FLUSH_AT = 128;

export type Outcome = Stored | NotStored;

export interface RecorderOptions {
  ledger: Ledger;
  folderId: number;
  /** The number of this worker's facts. */
  worker: number;
  signal: AbortSignal;
}

/**
 * Takes outcomes of files as they come and records them in batches, one after the other; incidents go with them. While the
 * ledger is away a batch waits for it, so that what has been sent isn't lost; a batch that can't be recorded makes `add`,
 * `ready` and `flush` reject from then on: what isn't recorded isn't done.
 */
export function createRecorder({ ledger, folderId, worker, signal }: RecorderOptions) {
  let batch: Outcome[] = [];
  let incidents: Incident[] = [];
  let timer: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();
  let isAway = false;

  async function record(outcomes: readonly Outcome[], noted: readonly Incident[]): Promise<void> {
    const [stored, others] = [outcomes.filter(isStored), outcomes.filter(isNotStored)];
    // A batch whose answer was lost is recorded already: then nothing changes.
    await untilReachable(
      async () => {
        // First: what was mended mustn't be forgotten by a process that ends in between.
        await recordIncidents(ledger, folderId, noted, worker);
        await recordOutcomes(ledger, folderId, stored, others, worker);
      },
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
    const noted = incidents;
    batch = [];
    incidents = [];
    last = last.then(() => record(outcomes, noted));
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
    /** Takes what touched the integrity of a file; it is recorded with the outcomes that come next. */
    note({ id }: { id: number }, { code, message }: ExhibitError): void {
      incidents.push({ fileId: id, at: new Date(), code, message });
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
