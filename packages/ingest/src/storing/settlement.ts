import { type ErrorCode, ExhibitError } from "@exhibit/contracts";
import type { FolderRow, Ledger, StoredFile, UnfinishedFile } from "@exhibit/ledger";
import type { Attempt } from "@exhibit/queue";
import type { Sight } from "../fleet/sight.ts";
import type { RunWatch } from "../fleet/waits.ts";
import { createOutcomeRecorder, type OutcomeRecorder } from "./outcome-recorder.ts";
import { outcomeOf, type Settled } from "./shard-result.ts";
import type { UploadProgress } from "./upload-progress.ts";

/**
 * Failures that touch a file's integrity. Damage that a retry repairs is noted where it is found.
 */
const incidents: ReadonlySet<ErrorCode> = new Set(["SOURCE_CHANGED", "EVIDENCE_CONFLICT"]);

/** Turns what became of a shard's files into outcomes, and has them recorded. */
export interface Settlement {
  readonly settled: Settled;
  readonly recorder: OutcomeRecorder;
  /** Settles one file by its receipt or its error. Resolves when the next may be settled. */
  settle(file: UnfinishedFile, result: StoredFile | ExhibitError): Promise<void>;
}

export interface SettlementOptions {
  ledger: Ledger;
  sight: Pick<Sight, "judge">;
  /** The number under which the ledger knows this worker. */
  worker: number;
  folder: FolderRow;
  attempt: Attempt;
  progress: Pick<UploadProgress, "done" | "failed">;
  watch: Pick<RunWatch, "fault">;
}

export function createSettlement({
  ledger,
  sight,
  worker,
  folder,
  attempt,
  progress,
  watch,
}: SettlementOptions): Settlement {
  const { signal } = attempt;
  const recorder = createOutcomeRecorder({ ledger, worker, folderId: folder.id, signal });
  const settled: Settled = { stored: 0, notStored: [], isLeftToOthers: false };
  return {
    settled,
    recorder,
    async settle(file, result) {
      if (!(result instanceof ExhibitError)) {
        settled.stored += 1;
        progress.done();
        return recorder.add(result);
      }
      const missed = { source: folder.source, path: file.path };
      const judged = await sight.judge(result, missed, "SOURCE_ABSENT");
      const { error, isLeftToOthers } = judged;
      settled.isLeftToOthers ||= isLeftToOthers;
      const outcome = outcomeOf(file, judged, attempt);
      settled.notStored.push({ file, outcome, error });
      if (outcome.state === "planned") watch.fault(error);
      else progress.failed();
      if (incidents.has(error.code)) recorder.note(file, error);
      return recorder.add(outcome);
    },
  };
}
