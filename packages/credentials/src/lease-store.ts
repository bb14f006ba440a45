import type { FolderRefusal, IssuedLease } from "./vendor.ts";

/** An issued lease with its name and its times; ms since the epoch. Replaced only as a whole. */
export interface KeptLease extends Omit<IssuedLease, "ends"> {
  /** Random; says nothing about the credentials. */
  readonly id: string;
  readonly issuedAt: number;
  /** From here on it is renewed in the background. */
  readonly renewAt: number;
  readonly expiresAt: number;
}

/** A vendor's answer to one call, as it is shared. Plain, serialisable data; it holds credentials. */
export interface KeptAnswer {
  readonly answeredAt: number;
  readonly leases: readonly KeptLease[];
  readonly refusals: readonly FolderRefusal[];
}

/** Where answers are kept between the broker's calls. Keys are texts of any length. */
export interface LeaseStore {
  /** The answer put last, unless its time is over. */
  get(key: string): Promise<KeptAnswer | undefined>;
  /** Replaces the answer as one value: a reader sees the old or the new one, never a mixture. */
  put(
    key: string,
    answer: KeptAnswer,
    options: { /** Ms since the epoch. */ until: number },
  ): Promise<void>;
}

/** Keeps answers in this process. */
export function memoryLeaseStore(now: () => number = Date.now): LeaseStore {
  const kept = new Map<string, { answer: KeptAnswer; until: number }>();

  function forgetEnded(): void {
    for (const [key, { until }] of kept) if (until <= now()) kept.delete(key);
  }

  return {
    async get(key) {
      const entry = kept.get(key);
      return entry !== undefined && entry.until > now() ? entry.answer : undefined;
    },
    async put(key, answer, { until }) {
      forgetEnded();
      kept.set(key, { answer, until });
    },
  };
}
