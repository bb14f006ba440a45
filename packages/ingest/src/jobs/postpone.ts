import type { ErrorCode, ExhibitError } from "@exhibit/contracts";
import { type Attempt, Postponed } from "@exhibit/queue";

/**
 * Faults that pass without anybody's help, however long it takes: they delay a job and use up no
 * attempt.
 */
export const outages: ReadonlySet<ErrorCode> = new Set([
  "VENDOR_THROTTLED",
  "VENDOR_UNAVAILABLE",
  "VENDOR_CLOCK",
  "STORE_THROTTLED",
  "STORE_UNAVAILABLE",
  "SERVICE_UNREACHABLE",
]);

const MAX_DELAY_MS = 5 * 60 * 1000;
/**
 * Within this time the other workers have looked: each tells every two seconds what it doesn't see,
 * and hears as often what others miss.
 */
const MAX_HAND_BACK_MS = 15_000;

export interface PostponeOptions {
  /** Milliseconds that somebody asked to wait. @defaultValue the error's own */
  retryAfter?: number | undefined;
  /** Milliseconds that the delays grow up to. @defaultValue five minutes */
  longest?: number;
}

/**
 * Returns what a job throws to come again after a delay without using up an attempt. The delay
 * doubles from one second with each postponement, and is at least what was asked for.
 */
export function postponed(
  error: ExhibitError,
  attempt: Pick<Attempt, "postponed">,
  { retryAfter = error.retryAfter, longest = MAX_DELAY_MS }: PostponeOptions = {},
): Postponed {
  const delay = Math.min(longest, 1000 * 2 ** Math.min(attempt.postponed, 20));
  return new Postponed(Math.max(delay, retryAfter ?? 0), error);
}

/** Postpones a job for a short time because workers elsewhere may see what this one doesn't. */
export function handedBack(error: ExhibitError, attempt: Pick<Attempt, "postponed">): Postponed {
  return postponed(error, attempt, { longest: MAX_HAND_BACK_MS });
}
