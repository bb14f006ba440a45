import type { ExhibitError } from "@exhibit/contracts";
import type { FolderRefusal, IssuedLease, RateLimit } from "../vendor.ts";

/** An issued lease with its name and its times; ms since the epoch. Replaced only as a whole. */
export interface KeptLease extends Omit<IssuedLease, "ends"> {
  /** Random; says nothing about the credentials. */
  readonly id: string;
  readonly issuedAt: number;
  /** From here on it is renewed in the background. */
  readonly renewAt: number;
  readonly expiresAt: number;
  /** The vendor's own text of its end, when that was taken for UTC because nothing else made sense. */
  readonly assumedUtc?: string;
}

/** A vendor's answer to one call, as it is shared. Plain, serialisable data; it holds credentials. */
export interface KeptAnswer {
  readonly answeredAt: number;
  readonly leases: readonly KeptLease[];
  readonly refusals: readonly FolderRefusal[];
}

/** Why a call failed, or why a vendor is left alone. Times are ms since the epoch. */
export interface KeptFailure {
  readonly error: ExhibitError;
  /** When the vendor was asked. */
  readonly at: number;
  /** Until when it stands for the next call. */
  readonly until: number;
}

/** The right to ask a vendor: one broker of the fleet at a time has it. */
export interface Turn {
  /** Greater than those of all earlier turns. What a later turn has put isn't replaced by an earlier one. */
  readonly number: number;
  /** Gives the turn back. Never fails: a turn that isn't given back ends by itself a few seconds after its holder. */
  end(): Promise<void>;
}

/** What one call to a vendor came to, for those who look at how a vendor stands. */
export interface CallNote {
  readonly refusals: number;
  readonly leases: readonly { readonly id: string; readonly expiresAt: number }[];
  readonly error?: ExhibitError;
}

/** All that was noted of a vendor lately. */
export interface VendorNotes {
  readonly calls: number;
  readonly refusals: number;
  /** Those that haven't ended. */
  readonly leases: number;
  /** The failure of the latest call that failed. */
  readonly error: ExhibitError | undefined;
  /** Whether no call was answered since. */
  readonly isFailing: boolean;
}

/**
 * What the brokers of a fleet share. Keys are texts of any length; each names a call, or a vendor. Nothing here fails
 * because what keeps it can't be reached: it is as if nothing had been kept, and each broker goes on alone.
 */
export interface LeaseStore {
  /** The answer put last, unless its time is over. */
  get(key: string): Promise<KeptAnswer | undefined>;
  /**
   * Replaces the answer as one value, and forgets the failure: a reader sees the old or the new one, never a mixture.
   * Gives false, and does nothing, when a later turn has put one.
   */
  put(
    key: string,
    answer: KeptAnswer,
    options: { /** Ms since the epoch. */ until: number; turn?: Turn },
  ): Promise<boolean>;

  /** The failure put last, unless an answer came after it or it is kept no longer. */
  failure(key: string): Promise<KeptFailure | undefined>;
  /**
   * One that stands longer stays. `options.until` is when it is forgotten, which may be later than it stands. A turn as
   * for `put`.
   */
  putFailure(
    key: string,
    failure: KeptFailure,
    options: { until: number; turn?: Turn },
  ): Promise<void>;
  /** Forgets the failure of the call made at `at`; another one stays. */
  forgetFailure(key: string, at: number): Promise<void>;

  /** The turn to ask for this key; undefined while another has it. */
  takeTurn(key: string): Promise<Turn | undefined>;

  /** Counts one call against the limit and gives 0, or gives the milliseconds until the limit allows one. */
  countCall(key: string, limit: RateLimit): Promise<number>;

  note(key: string, note: CallNote): Promise<void>;
  notes(key: string): Promise<VendorNotes>;

  /** Gives back the turns that are taken. */
  close(): Promise<void>;
}
