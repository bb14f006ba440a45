/** Failures in a row after which a vendor is left alone. */
const TOLERATED = 5;

/** Milliseconds of the first pause; each further one is twice as long. */
const FIRST_PAUSE = 5_000;
const LONGEST_PAUSE = 60_000;

/** Milliseconds that those wait who come while one call tries whether the vendor is back. */
const PROBE_PAUSE = 1_000;

/** Spares a vendor that is down, and those who would wait for it. After each pause one call tries it. */
export interface CircuitBreaker {
  /** Milliseconds until a call may be made; 0 lets this one through, and its end has to be told. */
  admit(): number;
  succeeded(): void;
  /** Milliseconds of the pause that begins, or undefined while failures are tolerated. */
  failed(): number | undefined;
  /** The call ended without telling how the vendor is. */
  abandoned(): void;
  state(): "closed" | "open" | "half-open";
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
      // A call that was under way when the pause began tells nothing new.
      if (openUntil > now() || failures < TOLERATED) return undefined;
      isProbing = false;
      const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** pauses);
      pauses += 1;
      openUntil = now() + pause;
      return pause;
    },
    abandoned() {
      isProbing = false;
    },
    state() {
      if (pauses === 0) return "closed";
      return openUntil > now() ? "open" : "half-open";
    },
  };
}
