/** A longer pause than a day is asked for by mistake; a wrong header would stop all work for as long. */
const LONGEST = 24 * 60 * 60;

/** Milliseconds of a pause that the other side asked for in seconds. */
export function pauseOf(seconds: number): number {
  return Math.min(LONGEST, seconds) * 1000;
}
