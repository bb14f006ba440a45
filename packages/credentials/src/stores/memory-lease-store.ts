import type { ExhibitError } from "@exhibit/contracts";
import { expiringMap } from "./expiring-map.ts";
import type { CachedAnswer, CachedFailure, LeaderLock, LeaseStore } from "./lease-store.ts";

interface Entry<Value> {
  readonly value: Value;
  /** The fencing token it was put under; 0 for none. */
  readonly token: number;
}

interface Stats {
  calls: number;
  refusals: number;
  error: ExhibitError | undefined;
  isFailing: boolean;
  /** When each lease expires, by its id. */
  readonly leases: Map<string, number>;
}

const noStats = { calls: 0, refusals: 0, error: undefined, isFailing: false, leases: undefined };

/** Creates a store in this process's memory, for all brokers of this process. */
export function memoryLeaseStore(now: () => number = Date.now): LeaseStore {
  const answers = expiringMap<Entry<CachedAnswer>>(now);
  const failures = expiringMap<Entry<CachedFailure>>(now);
  const holders = new Map<string, number>();
  const calls = new Map<string, number[]>();
  const statsByKey = new Map<string, Stats>();
  let lastToken = 0;

  function isLate(key: string, lock: LeaderLock | undefined): boolean {
    const latest = Math.max(answers.get(key)?.token ?? 0, failures.get(key)?.token ?? 0);
    return lock !== undefined && lock.fencingToken < latest;
  }

  return {
    get: async (key) => answers.get(key)?.value,
    async put(key, value, { until, lock }) {
      if (isLate(key, lock)) return false;
      answers.set(key, { value, token: lock?.fencingToken ?? 0 }, until);
      failures.delete(key);
      return true;
    },
    failure: async (key) => failures.get(key)?.value,
    async putFailure(key, value, { until, lock }) {
      const present = failures.get(key)?.value;
      if (isLate(key, lock) || (present && present.until > value.until)) return;
      failures.set(key, { value, token: lock?.fencingToken ?? 0 }, until);
    },
    async deleteFailure(key, at) {
      if (failures.get(key)?.value.at === at) failures.delete(key);
    },
    async acquire(key) {
      if (holders.has(key)) return undefined;
      lastToken += 1;
      const fencingToken = lastToken;
      holders.set(key, fencingToken);
      return {
        fencingToken,
        async release() {
          if (holders.get(key) === fencingToken) holders.delete(key);
        },
      };
    },
    async countCall(key, limit) {
      const window = Math.ceil(limit.per_seconds * 1000);
      const counted = (calls.get(key) ?? []).filter((at) => at > now() - window);
      const oldest = counted.length < limit.calls ? undefined : counted.at(-limit.calls);
      calls.set(key, counted);
      if (oldest !== undefined) return oldest + window - now();
      counted.push(now());
      return 0;
    },
    async addStats(key, { refusals, leases, error }) {
      const known = statsByKey.get(key) ?? {
        calls: 0,
        refusals: 0,
        error: undefined,
        isFailing: false,
        leases: new Map<string, number>(),
      };
      known.calls += 1;
      known.refusals += refusals;
      known.error = error ?? known.error;
      known.isFailing = error !== undefined;
      for (const [id, end] of known.leases) if (end <= now()) known.leases.delete(id);
      for (const { id, expiresAt } of leases) known.leases.set(id, expiresAt);
      statsByKey.set(key, known);
    },
    async stats(key) {
      const { leases = new Map(), ...known } = statsByKey.get(key) ?? noStats;
      const living = [...leases.values()].filter((end) => end > now());
      return { ...known, leases: living.length };
    },
    close: async () => {},
  };
}
