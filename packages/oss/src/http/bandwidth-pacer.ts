/**
 * Lets bytes pass at a limited rate. Waiting senders are served one piece each in turn, so a sender
 * of large bodies keeps nobody out. Without a rate everything passes at once.
 */
export interface BandwidthPacer {
  /** Sets the rate in bytes a second; undefined removes it. It also holds for pieces that wait. */
  pace(rate: number | undefined): void;
  /** Whether there is a rate, so that bytes have to be asked for, in small pieces. */
  readonly isOn: boolean;
  /** Returns whether these bytes may go now. If not, the sender has to `wait` for them. */
  tryTake(bytes: number): boolean;
  /** Calls `go` once when the bytes may go, unless the returned function is called first. */
  wait(bytes: number, go: () => void): () => void;
}

/**
 * What may go at once after a pause, in milliseconds of the rate: a busy process is now and then as
 * late as this.
 */
const BURST_MS = 200;

/** The clock and the timer, which tests replace. */
export interface PacerClock {
  now(): number;
  /** Runs `run` later; the returned function cancels it. */
  after(milliseconds: number, run: () => void): () => void;
}

const systemClock: PacerClock = {
  now: () => performance.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};

/**
 * A token bucket with one token a byte. A piece may go while there is any token; if it takes more
 * than there are, the next piece waits for the debt.
 */
export function createBandwidthPacer(clock: PacerClock = systemClock): BandwidthPacer {
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
    // One timer serves all waiters; it fires when the debt of the last piece is paid.
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
      // Nobody waits at the new rate for a debt of a slower one.
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
