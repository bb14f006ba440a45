/**
 * Counts stalls of this process: it was frozen, its machine slept, or its event loop was blocked.
 */
export interface StallWatch {
  /** How many stalls there have been, up to this very moment. */
  readonly count: number;
  stop(): void;
}

/** Watches for stalls: times of more than `limitMs` milliseconds in which nothing ran. */
export function watchStalls(limitMs: number): StallWatch {
  let count = 0;
  let lastRan = performance.now();
  const check = () => {
    const now = performance.now();
    if (now - lastRan > limitMs) count += 1;
    lastRan = now;
  };
  const timer = setInterval(check, limitMs / 4).unref();
  return {
    get count() {
      check();
      return count;
    },
    stop: () => clearInterval(timer),
  };
}
