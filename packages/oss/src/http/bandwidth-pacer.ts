/**
 * Lets bytes pass at a rate: those who wait are served one piece each in turn, so that none is kept out by a larger one.
 * Without a rate everything passes at once.
 */
export interface Pacer {
  /** Bytes a second; undefined: no limit. Holds at once, for those who wait too. */
  pace(rate: number | undefined): void;
  /** Whether bytes have to be asked for at all, and in which pieces. */
  readonly isOn: boolean;
  /** True: they may go now. False: wait for them by `wait`. */
  tryTake(bytes: number): boolean;
  /** Calls `go` once when the bytes may go, unless the function it gives is called before. */
  wait(bytes: number, go: () => void): () => void;
}

/** What may go at once after a time without use, in milliseconds of the rate: a busy process comes so late now and then. */
const BURST_MS = 200;

/** Only for tests: a clock and a timer of their own. */
export interface PacerClock {
  now(): number;
  /** Gives what undoes it. */
  after(milliseconds: number, run: () => void): () => void;
}

const systemClock: PacerClock = {
  now: () => performance.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};

/** A bucket of tokens, one a byte. A piece may go while there is any token; what it takes too much is waited for by the next. */
export function createPacer(clock: PacerClock = systemClock): Pacer {
  /** Bytes a millisecond. */
  let rate: number | undefined;
  let tokens = 0;
  let filledAt = clock.now();
  let cancelTimer: (() => void) | undefined;
  const waiting = new Set<{ bytes: number; go: () => void }>();

  function fill(): void {
    const now = clock.now();
    if (rate !== undefined) tokens = Math.min(rate * BURST_MS, tokens + (now - filledAt) * rate);
    filledAt = now;
  }

  function serve(): void {
    fill();
    for (const waiter of waiting) {
      if (rate !== undefined && tokens <= 0) break;
      waiting.delete(waiter);
      tokens -= waiter.bytes;
      waiter.go();
    }
    if (waiting.size === 0 || rate === undefined) return;
    // One timer for all who wait, for when the debt of the last piece is paid.
    cancelTimer ??= clock.after(Math.max(1, -tokens / rate), () => {
      cancelTimer = undefined;
      serve();
    });
  }

  return {
    pace(perSecond) {
      fill();
      const before = rate;
      rate = perSecond === undefined ? undefined : perSecond / 1000;
      // A debt of the old rate isn't waited for at the new one.
      if (before === undefined || rate === undefined || rate > before) tokens = 0;
      cancelTimer?.();
      cancelTimer = undefined;
      serve();
    },
    get isOn() {
      return rate !== undefined;
    },
    tryTake(bytes) {
      if (rate === undefined) return true;
      if (waiting.size > 0) return false;
      fill();
      if (tokens <= 0) return false;
      tokens -= bytes;
      return true;
    },
    wait(bytes, go) {
      const waiter = { bytes, go };
      waiting.add(waiter);
      serve();
      return () => {
        waiting.delete(waiter);
        if (waiting.size > 0) return;
        cancelTimer?.();
        cancelTimer = undefined;
      };
    },
  };
}
