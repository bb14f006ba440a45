import type { ExhibitError } from "@exhibit/contracts";
import {
  type Incident,
  type Ledger,
  type NotStored,
  recordIncidents,
  recordOutcomes,
  type StoredFile,
} from "@exhibit/ledger";
import { untilReachable } from "../jobs/until-reachable.ts";

/** An outcome waits at most this long for others, or until there are `FLUSH_AT` of them. */
const FLUSH_AFTER_MS = 250;
/**
 * A full shard makes two batches: with one, the rows of a page would find no space on it
 * (docs/performance.md).
 */
export const FLUSH_AT = 128;

export interface RecorderOptions {
  ledger: Ledger;
  folderId: number;
  /** The number under which the ledger knows this worker. */
  worker: number;
  signal: AbortSignal;
}

/**
 * Records the outcomes of a shard's files in batches, one batch at a time, each with the incidents
 * noted before it. While the ledger is unreachable a batch waits for it, so that what has been sent
 * isn't lost. After a batch that couldn't be recorded, `add`, `ready` and `flush` reject: a file
 * that isn't recorded isn't done.
 */
export interface OutcomeRecorder {
  /** Takes an outcome. Returns what to wait for before adding more, if anything. */
  add(outcome: StoredFile | NotStored): Promise<void> | undefined;
  /** Takes an incident that touched a file's integrity; it is recorded with the next outcomes. */
  note(file: { id: number }, incident: ExhibitError): void;
  /** Returns what to wait for before sending more: set while the ledger is unreachable. */
  ready(): Promise<void> | undefined;
  /** Resolves when everything added is in the ledger. */
  flush(): Promise<void>;
}

export function createOutcomeRecorder({
  ledger,
  folderId,
  worker,
  signal,
}: RecorderOptions): OutcomeRecorder {
  let batch: (StoredFile | NotStored)[] = [];
  let incidents: Incident[] = [];
  let timer: NodeJS.Timeout | undefined;
  let last: Promise<void> = Promise.resolve();
  let isAway = false;

  async function record(
    outcomes: readonly (StoredFile | NotStored)[],
    noted: readonly Incident[],
  ): Promise<void> {
    const [stored, others] = [outcomes.filter(isStored), outcomes.filter(isNotStored)];
    // A batch whose answer was lost is recorded already; recording it again changes nothing.
    await untilReachable(
      async () => {
        // First, so that a process that ends in between hasn't forgotten an incident whose file is
        // stored.
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
    last.catch(() => {}); // the next `add`, `ready` or `flush` rejects with it
    return last;
  }

  return {
    add(outcome) {
      batch.push(outcome);
      if (batch.length >= FLUSH_AT) return send();
      timer ??= setTimeout(() => void send(), FLUSH_AFTER_MS);
      return undefined;
    },
    note({ id }, { code, message }) {
      incidents.push({ fileId: id, at: new Date(), code, message });
    },
    ready: () => (isAway ? last : undefined),
    flush: send,
  };
}

function isStored(outcome: StoredFile | NotStored): outcome is StoredFile {
  return outcome.state === "stored" || outcome.state === "identical";
}

function isNotStored(outcome: StoredFile | NotStored): outcome is NotStored {
  return !isStored(outcome);
}
