/** A map whose entries expire. Times are ms since the epoch. */
export interface ExpiringMap<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value, until: number): void;
  delete(key: string): void;
  /** Returns the entries that haven't expired. */
  entries(): [key: string, value: Value][];
}

/**
 * Expired entries are removed once the map has doubled since the last time, and not before this.
 */
const FIRST_SWEEP = 64;

export function expiringMap<Value>(now: () => number): ExpiringMap<Value> {
  const entries = new Map<string, { value: Value; until: number }>();
  let sweepAt = FIRST_SWEEP;

  function sweep(): void {
    for (const [key, { until }] of entries) if (until <= now()) entries.delete(key);
    sweepAt = Math.max(FIRST_SWEEP, 2 * entries.size);
  }

  return {
    get(key) {
      const entry = entries.get(key);
      return entry !== undefined && entry.until > now() ? entry.value : undefined;
    },
    set(key, value, until) {
      if (entries.size >= sweepAt) sweep();
      entries.set(key, { value, until });
    },
    delete: (key) => void entries.delete(key),
    entries: () =>
      [...entries].flatMap(([key, { value, until }]) => (until > now() ? [[key, value]] : [])),
  };
}
