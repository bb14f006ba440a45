/** Notices that this process stood still: it was frozen, its machine slept, or its event loop was blocked. */
export interface StandstillWatch {
  /** How often it has, up to this very moment. */
  readonly count: number;
  stop(): void;
}

/** A standstill is a time of more than `limitMs` in which nothing ran. */
export function watchStandstills(limitMs: number): StandstillWatch {
  let count = 0;
  let lastRan = performance.now();
  const look = () => {
    const now = performance.now();
    if (now - lastRan > limitMs) count += 1;
    lastRan = now;
  };
  const timer = setInterval(look, limitMs / 4).unref();
  return {
    get count() {
      look();
      return count;
    },
    stop: () => clearInterval(timer),
  };
}
