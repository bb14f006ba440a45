import { type ErrorCode, ExhibitError } from "@exhibit/contracts";
import type { NotStored, UnfinishedFile } from "@exhibit/ledger";
import { type Attempt, Postponed } from "@exhibit/queue";
import { isUnreachable } from "./until-reachable.ts";

/** What has come of a shard's files. Receipts aren't kept: what waits in memory is copied by each collection of garbage. */
export interface Settled {
  /** How many are stored. */
  stored: number;
  notStored: NotStoredFile[];
}

export interface NotStoredFile {
  file: UnfinishedFile;
  outcome: NotStored;
  error: ExhibitError;
}

const LONGEST_POSTPONEMENT_MS = 5 * 60 * 1000;

/** They pass without anybody's doing, however long that takes: they delay a shard and use up no attempt. */
export const outages: ReadonlySet<ErrorCode> = new Set([
  "VENDOR_THROTTLED",
  "VENDOR_UNAVAILABLE",
  "VENDOR_CLOCK",
  "STORE_THROTTLED",
  "STORE_UNAVAILABLE",
  "SERVICE_UNREACHABLE",
]);

/** A file that may be stored yet stays planned, with the reason why it isn't stored so far. */
export function outcomeOf(file: UnfinishedFile, error: ExhibitError, attempt: Attempt): NotStored {
  const final = error.action === "never" || (attempt.last && !outages.has(error.code));
  return {
    fileId: file.id,
    state: final ? "failed" : "planned",
    code: error.code,
    message: error.message,
  };
}

/** How a shard that has planned files left comes again: after an outage without using up an attempt. */
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
  // Our own services are looked for every few seconds: the queue sees to that.
  if (isUnreachable(outage)) return error;
  return outage ? postponed(error, attempt, outage.retryAfter) : error;
}

export function postponed(
  error: ExhibitError,
  attempt: Attempt,
  retryAfter = error.retryAfter,
): Postponed {
  return new Postponed(Math.max(postponement(attempt.postponed), retryAfter ?? 0), error);
}

/** 1 s, 2 s, 4 s … up to five minutes. */
function postponement(before: number): number {
  return Math.min(LONGEST_POSTPONEMENT_MS, 1000 * 2 ** Math.min(before, 20));
}
