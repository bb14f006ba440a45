import type { ExhibitError } from "@exhibit/contracts";
import type { FolderRefusal, IssuedLease, RateLimit } from "../vendor.ts";

/** An issued lease with its id and times, in ms since the epoch. Replaced only as a whole. */
export interface CachedLease extends Omit<IssuedLease, "ends"> {
  /** Random; says nothing about the credentials. */
  readonly id: string;
  readonly issuedAt: number;
  /** When to renew it in the background. */
  readonly renewAt: number;
  readonly expiresAt: number;
  /** The vendor's own text of its end, if it was read as UTC because nothing else made sense. */
  readonly assumedUtc?: string;
}

/**
 * A vendor's answer to one call, as it is shared. Plain, serialisable data with credentials in it.
 */
export interface CachedAnswer {
  readonly answeredAt: number;
  readonly leases: readonly CachedLease[];
  readonly refusals: readonly FolderRefusal[];
}

/** Why a call failed, or why a vendor isn't called for a while. Times are ms since the epoch. */
export interface CachedFailure {
  readonly error: ExhibitError;
  /** When the vendor was called. */
  readonly at: number;
  /** Until when it holds for further calls. */
  readonly until: number;
}

/** The right to call a vendor for a key: one broker of the fleet at a time has it. */
export interface LeaderLock {
  /**
   * Greater than the tokens of all earlier locks; what was put under a later one isn't replaced.
   */
  readonly fencingToken: number;
  /** Never fails: a lock that isn't released ends a few seconds after its holder. */
  release(): Promise<void>;
}

/** The result of one call to a vendor, for the vendor's state. */
export interface CallStats {
  readonly refusals: number;
  readonly leases: readonly { readonly id: string; readonly expiresAt: number }[];
  readonly error?: ExhibitError;
}

/** The recent calls to a vendor, taken together. */
export interface VendorStats {
  readonly calls: number;
  readonly refusals: number;
  /** How many leases haven't expired. */
  readonly leases: number;
  /** The error of the latest call that failed. */
  readonly error: ExhibitError | undefined;
  /** Whether the latest call failed. */
  readonly isFailing: boolean;
}

/**
 * What the brokers of a fleet share. Keys are texts of any length; each names a call or a vendor.
 * No method fails because the store's server can't be reached: the store then behaves as if it were
 * empty, and each broker goes on alone.
 */
export interface LeaseStore {
  /** Returns the answer put last, unless it has expired. */
  get(key: string): Promise<CachedAnswer | undefined>;
  /**
   * Replaces the answer and deletes the failure in one step: a reader sees the old answer or the
   * new one, never a mixture. Returns false, and does nothing, if one was put under a later lock.
   */
  put(
    key: string,
    answer: CachedAnswer,
    options: { /** Ms since the epoch. */ until: number; lock?: LeaderLock },
  ): Promise<boolean>;

  /** Returns the failure put last, unless an answer was put after it or it has expired. */
  failure(key: string): Promise<CachedFailure | undefined>;
  /**
   * Keeps a failure, unless the present one holds for longer or was put under a later lock. It
   * expires at `options.until`, which may be after it stops holding.
   */
  putFailure(
    key: string,
    failure: CachedFailure,
    options: { until: number; lock?: LeaderLock },
  ): Promise<void>;
  /** Deletes the failure of the call made at `at`, and no other. */
  deleteFailure(key: string, at: number): Promise<void>;

  /** Returns the lock for calls with this key, or undefined while another broker has it. */
  acquire(key: string): Promise<LeaderLock | undefined>;

  /** Counts one call and returns 0, or returns the milliseconds until the limit allows one. */
  countCall(key: string, limit: RateLimit): Promise<number>;

  addStats(key: string, stats: CallStats): Promise<void>;
  stats(key: string): Promise<VendorStats>;

  /** Releases the locks that are held. */
  close(): Promise<void>;
}
