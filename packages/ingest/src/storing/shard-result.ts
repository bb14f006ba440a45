import { type ErrorCode, ExhibitError } from "@exhibit/contracts";
import type { NotStored, UnfinishedFile } from "@exhibit/ledger";
import { type Attempt, Postponed } from "@exhibit/queue";
import type { Judged } from "../fleet/sight.ts";
import { isUnreachable } from "../jobs/until-reachable.ts";

/** What has come of a shard's files. Receipts aren't kept: what waits in memory is copied by each collection of garbage. */
export interface Settled {
  /** How many are stored. */
  stored: number;
  notStored: NotStoredFile[];
  /** Some files can't be read on this worker, and others may see them. */
  isLeftToOthers: boolean;
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
  if (outage) return postponed(error, attempt, { retryAfter: outage.retryAfter });
  return settled.isLeftToOthers ? handedBack(error, attempt) : error;
}

export function postponed(
  error: ExhibitError,
  attempt: Pick<Attempt, "postponed">,
  { retryAfter = error.retryAfter, longest = LONGEST_POSTPONEMENT_MS }: Postponement = {},
): Postponed {
  return new Postponed(Math.max(postponement(attempt.postponed, longest), retryAfter ?? 0), error);
}

export interface Postponement {
  /** Milliseconds that somebody asked to wait. */
  retryAfter?: number | undefined;
  /** Milliseconds that the pauses grow up to. */
  longest?: number;
}

/** 1 s, 2 s, 4 s … */
function postponement(before: number, longest: number): number {
  return Math.min(longest, 1000 * 2 ** Math.min(before, 20));
}

/** By then the others have looked: each tells every two seconds what it doesn't see, and hears as often of what others miss. */
const LONGEST_HAND_BACK_MS = 15_000;

/** How a job comes again whose source others may see: soon, and without using up an attempt. */
export function handedBack(error: ExhibitError, attempt: Pick<Attempt, "postponed">): Postponed {
  return postponed(error, attempt, { longest: LONGEST_HAND_BACK_MS });
}
