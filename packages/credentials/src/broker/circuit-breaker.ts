/** Consecutive failures after which the circuit opens. */
const TOLERATED = 5;

/** Milliseconds that the circuit is open the first time; each further time is twice as long. */
const FIRST_PAUSE = 5_000;
const MAX_PAUSE = 60_000;

/** Milliseconds that callers wait while one call probes whether the vendor is back. */
const PROBE_PAUSE = 1_000;

/** Spares a vendor that is down, and its callers. After each pause, one call probes the vendor. */
export interface CircuitBreaker {
  /**
   * Returns milliseconds until a call may be made; 0 admits this one, whose end must be reported.
   */
  admit(): number;
  succeeded(): void;
  /** Returns for how many milliseconds the circuit is open now; undefined if it isn't. */
  failed(): number | undefined;
  /** Reports a call that ended without showing how the vendor is. */
  abandoned(): void;
}

export function circuitBreaker(now: () => number): CircuitBreaker {
  let failures = 0;
  let pauses = 0;
  let openUntil = 0;
  let isProbing = false;

  return {
    admit() {
      if (pauses === 0) return 0;
      if (openUntil > now()) return openUntil - now();
      if (isProbing) return PROBE_PAUSE;
      isProbing = true;
      return 0;
    },
    succeeded() {
      failures = 0;
      pauses = 0;
      isProbing = false;
    },
    failed() {
      failures += 1;
      // A call that was already running when the circuit opened shows nothing new.
      if (openUntil > now() || failures < TOLERATED) return undefined;
      isProbing = false;
      const pause = Math.min(MAX_PAUSE, FIRST_PAUSE * 2 ** pauses);
      pauses += 1;
      openUntil = now() + pause;
      return pause;
    },
    abandoned() {
      isProbing = false;
    },
  };
}
