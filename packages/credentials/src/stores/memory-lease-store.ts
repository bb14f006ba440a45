import type { ExhibitError } from "@exhibit/contracts";
import { expiringMap } from "./expiring-map.ts";
import type { KeptAnswer, KeptFailure, LeaseStore, Turn } from "./lease-store.ts";

interface Entry<Value> {
  readonly value: Value;
  /** Of the turn that put it; 0 for none. */
  readonly turn: number;
}

interface Notes {
  calls: number;
  refusals: number;
  error: ExhibitError | undefined;
  isFailing: boolean;
  /** Their ends, by id. */
  readonly leases: Map<string, number>;
}

const noNotes = { calls: 0, refusals: 0, error: undefined, isFailing: false, leases: undefined };

/** Keeps in this process; its brokers are the fleet. */
export function memoryLeaseStore(now: () => number = Date.now): LeaseStore {
  const answers = expiringMap<Entry<KeptAnswer>>(now);
  const failures = expiringMap<Entry<KeptFailure>>(now);
  const holders = new Map<string, number>();
  const calls = new Map<string, number[]>();
  const notes = new Map<string, Notes>();
  let turns = 0;

  function isLate(key: string, turn: Turn | undefined): boolean {
    const latest = Math.max(answers.get(key)?.turn ?? 0, failures.get(key)?.turn ?? 0);
    return turn !== undefined && turn.number < latest;
  }

  return {
    get: async (key) => answers.get(key)?.value,
    async put(key, value, { until, turn }) {
      if (isLate(key, turn)) return false;
      answers.set(key, { value, turn: turn?.number ?? 0 }, until);
      failures.delete(key);
      return true;
    },
    failure: async (key) => failures.get(key)?.value,
    async putFailure(key, value, { until, turn }) {
      const standing = failures.get(key)?.value;
      if (isLate(key, turn) || (standing && standing.until > value.until)) return;
      failures.set(key, { value, turn: turn?.number ?? 0 }, until);
    },
    async forgetFailure(key, at) {
      if (failures.get(key)?.value.at === at) failures.delete(key);
    },
    async takeTurn(key) {
      if (holders.has(key)) return undefined;
      turns += 1;
      const number = turns;
      holders.set(key, number);
      return {
        number,
        async end() {
          if (holders.get(key) === number) holders.delete(key);
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
    async note(key, { refusals, leases, error }) {
      const known = notes.get(key) ?? {
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
      notes.set(key, known);
    },
    async notes(key) {
      const { leases = new Map(), ...known } = notes.get(key) ?? noNotes;
      const living = [...leases.values()].filter((end) => end > now());
      return { ...known, leases: living.length };
    },
    close: async () => {},
  };
}
