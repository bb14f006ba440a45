/** A map whose entries end. Times are ms since the epoch. */
export interface ExpiringMap<Value> {
  get(key: string): Value | undefined;
  set(key: string, value: Value, until: number): void;
  delete(key: string): void;
}

/** Entries are looked through for ended ones when there are twice as many as were left the last time. */
const FIRST_LOOK = 64;

export function expiringMap<Value>(now: () => number): ExpiringMap<Value> {
  const entries = new Map<string, { value: Value; until: number }>();
  let lookAt = FIRST_LOOK;

  function forgetEnded(): void {
    for (const [key, { until }] of entries) if (until <= now()) entries.delete(key);
    lookAt = Math.max(FIRST_LOOK, 2 * entries.size);
  }

  return {
    get(key) {
      const entry = entries.get(key);
      return entry !== undefined && entry.until > now() ? entry.value : undefined;
    },
    set(key, value, until) {
      if (entries.size >= lookAt) forgetEnded();
      entries.set(key, { value, until });
    },
    delete: (key) => void entries.delete(key),
  };
}
