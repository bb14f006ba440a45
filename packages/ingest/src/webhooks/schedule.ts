const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Milliseconds before the second try and those that follow: more than three days in all. */
const PAUSES = [
  ...[5 * SECOND, 5 * MINUTE, 30 * MINUTE],
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR),
];
/** How much a pause may differ, so that what failed together isn't tried together. */
const JITTER = 0.1;
/** Milliseconds for which a receiver may ask at most. */
const MAX_ASKED_MS = 24 * HOUR;

/**
 * Returns the milliseconds until the next try after `tries` that failed: what the receiver asks for,
 * or else the next pause. Undefined when it was the last.
 */
export function pauseAfter(
  tries: number,
  retryAfter: string | undefined,
  { now = Date.now(), random = Math.random() }: { now?: number; random?: number } = {},
): number | undefined {
  const pause = PAUSES[tries - 1];
  if (pause === undefined) return undefined;
  const asked = askedFor(retryAfter, now);
  if (asked !== undefined) return asked;
  return Math.round(pause * (1 - JITTER + 2 * JITTER * random));
}

/** Returns the milliseconds of a Retry-After header: seconds, or a date. */
function askedFor(header: string | undefined, now: number): number | undefined {
  const text = header?.trim() ?? "";
  const asked = /^\d{1,9}$/.test(text) ? Number(text) * SECOND : Date.parse(text) - now;
  return asked >= 0 ? Math.min(asked, MAX_ASKED_MS) : undefined;
}
