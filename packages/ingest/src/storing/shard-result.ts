import { ExhibitError } from "@exhibit/contracts";
import type { FinishedShard, NotStored, ShardRow, UnfinishedFile } from "@exhibit/ledger";
import type { Attempt } from "@exhibit/queue";
import type { Judged } from "../fleet/sight.ts";
import { handedBack, outages, postponed } from "../jobs/postpone.ts";
import { isUnreachable } from "../jobs/until-reachable.ts";

/**
 * What has become of a shard's files. Receipts aren't kept: every garbage collection copies what
 * waits in memory.
 */
export interface Settled {
  /** The number of files stored. */
  stored: number;
  notStored: NotStoredFile[];
  /** Some files can't be read on this worker, but others may see them. */
  isLeftToOthers: boolean;
}

export interface NotStoredFile {
  file: UnfinishedFile;
  outcome: NotStored;
  error: ExhibitError;
}

/**
 * Returns the outcome of a file that isn't stored. While it may still be stored, it stays planned,
 * with the reason.
 */
export function outcomeOf(
  file: UnfinishedFile,
  { error, isLeftToOthers }: Judged,
  attempt: Attempt,
): NotStored {
  const isPatient = isLeftToOthers || outages.has(error.code);
  const final = error.action === "never" || (attempt.last && !isPatient);
  return {
    fileId: file.id,
    state: final ? "failed" : "planned",
    code: error.code,
    message: error.message,
    details: error.details,
  };
}

/**
 * Returns what the job of a shard with planned files left throws to come again; after an outage
 * that uses up no attempt.
 */
export function unfinished(settled: Settled, attempt: Attempt): Error {
  const open = settled.notStored.flatMap(({ outcome, error }) =>
    outcome.state === "planned" ? [error] : [],
  );
  const outage = open.find(({ code }) => outages.has(code));
  const reason = outage ?? open[0];
  const error = new ExhibitError(
    reason?.code ?? "INTERNAL",
    `${open.length} files aren't stored yet: ${reason?.message ?? "no reason is known"}`,
    { cause: reason },
  );
  // The queue itself retries every few seconds while our own services are unreachable.
  if (isUnreachable(outage)) return error;
  if (outage) return postponed(error, attempt, { retryAfter: outage.retryAfter });
  return settled.isLeftToOthers ? handedBack(error, attempt) : error;
}

/** Returns what the job of a shard fails with when files failed for good: how many, and why. */
export function filesFailed({
  failures,
  files,
}: Pick<FinishedShard, "failures" | "files">): ExhibitError {
  const failed = failures.reduce((sum, failure) => sum + failure.files, 0);
  const codes = failures.map((failure) => `${failure.files} ${failure.code}`).join(", ");
  return new ExhibitError("FILES_FAILED", `${failed} of ${files} files failed: ${codes}`);
}

/** Returns what the files of a shard fail with that may have killed its workers. */
export function crashed({
  consecutiveCrashes,
}: Pick<ShardRow, "consecutiveCrashes">): ExhibitError {
  return new ExhibitError(
    "WORKER_CRASHED",
    `The worker process died ${consecutiveCrashes} times in a row while it stored the shard of this file.`,
  );
}

/** Returns what stops a shard that another worker may have: no two workers may send its files. */
export function lost(): ExhibitError {
  return new ExhibitError(
    "INTERRUPTED",
    "This worker stood still for so long that another may have the shard now.",
  );
}
