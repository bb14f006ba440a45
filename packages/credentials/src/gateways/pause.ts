/** Seconds. A longer pause is requested by mistake, and would stop all work for as long. */
const MAX_PAUSE_SECONDS = 24 * 60 * 60;

/** Returns the milliseconds of a requested pause in seconds, at most a day. */
export function pauseOf(seconds: number): number {
  return Math.min(MAX_PAUSE_SECONDS, seconds) * 1000;
}
