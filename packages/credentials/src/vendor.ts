import type { ExhibitError, FolderSelector } from "@exhibit/contracts";
import { z } from "zod";
import type { Bucket, Credentials, OpenedObject } from "./lease.ts";
import type { Tunnel } from "./tunnel.ts";

/** A folder and the case it belongs to: what a lease is requested for. */
export interface FolderOfCase {
  /** A configured vendor, such as `kongur`. */
  readonly vendor: string;
  readonly entrust_id: string | undefined;
  readonly suit_ids: readonly string[];
  /** The vendor's name of the folder, such as `{"suit_id":"1001"}`. */
  readonly folder: Readonly<FolderSelector>;
}

/**
 * A call to a vendor, by the vendor's own parameter names. Plain text, so that calls can be
 * compared: folders with equal calls share one answer.
 */
export type VendorCall = Readonly<Record<string, string>>;

/** A folder's selector in a form that can be compared: see `folderKey`. */
export type FolderKey = string;

/** When credentials expire: at a time that the vendor gave, or after a configured time (ms). */
export type LeaseEnd = GivenEnd | { readonly after: number };

/** A vendor's own time. */
export interface GivenEnd {
  /** Ms since the epoch. */
  readonly at: number;
  /** The vendor's own text. */
  readonly said: string;
  /** The zone that it was read in, such as `+08:00`, if the text doesn't say. */
  readonly zone?: string;
  /** The time if it means UTC, when neither text nor options say: used if `at` is over already. */
  readonly atIfUtc?: number;
}

/** A credential that a vendor issued, and what it opens. Plain, serialisable data. */
export interface IssuedLease {
  readonly credentials: Credentials;
  readonly bucket: Bucket;
  /**
   * The prefix of each folder it opens, ending with `/`; never a whole bucket, where folders
   * collide.
   */
  readonly folders: Readonly<Record<FolderKey, string>>;
  /** Everything it opens. */
  readonly prefixes: readonly string[];
  /** For a vendor with `perFile`: the one object that it opens. */
  readonly object?: OpenedObject;
  readonly ends: LeaseEnd;
}

/** Why a vendor didn't open a folder. Plain, serialisable data. */
export interface FolderRefusal {
  /** The folder; null means every folder that no lease of the same answer opens. */
  readonly folder: FolderKey | null;
  /** The vendor's own error code. */
  readonly code: string;
  /** The vendor's own message. */
  readonly message: string;
}

/** A vendor may open some folders and refuse others in one answer. Plain, serialisable data. */
export interface VendorAnswer {
  readonly leases: readonly IssuedLease[];
  readonly refusals: readonly FolderRefusal[];
}

/** A file in a folder whose files are opened one by one. */
export interface NumberedFile {
  /** Relative to the source. */
  readonly path: string;
  /** Counts from 1, in the order in which the folder's files were planned. */
  readonly number: number;
}

/** The ability of a vendor to open objects one by one, instead of a folder with all its files. */
export interface PerFile {
  /** How many files a folder may have; they are numbered from 1. */
  readonly limit: number;
  /**
   * The selector of one file: the folder's with what `slot` adds. Strict, as the folder's own is.
   */
  readonly selector: z.ZodType<FolderSelector>;
  /**
   * Returns what to add to the folder's selector to name a file, or FILE_NOT_ACCEPTED with the
   * reason why the vendor doesn't accept it. Equal for equal files. No I/O.
   */
  slot(file: NumberedFile): FolderSelector | ExhibitError;
}

/**
 * The ability of a vendor to open all folders of a case: one for each suit, and others by their
 * role. A local folder whose subfolders are named after suits and roles maps to them by name alone.
 */
export interface CaseFolders {
  /** The roles, such as `entrust`. */
  readonly roles: readonly string[];
  /** Returns the selector of a suit's folder. */
  suit(suitId: string): FolderSelector;
  /** Returns the selector of a role's folder. */
  role(role: string): FolderSelector;
}

/**
 * The port of a vendor that hands out temporary OSS credentials. A vendor says what to call, calls
 * it, and translates the answer. It doesn't cache, retry, log or read the clock: the broker does.
 */
export interface Vendor {
  /** The name by which it is registered and configured. */
  readonly name: string;

  /**
   * Identifies the options, but doesn't reveal them: a lease that was issued under others (another
   * account, bucket or endpoint) isn't used. Set by the registry.
   */
  readonly fingerprint?: string;

  /** How often the whole fleet may call it. Set by the registry. */
  readonly rateLimit?: RateLimit | undefined;

  /** The selector of a folder. Strict: an unknown key is a fault that names the key. */
  readonly selector: z.ZodType<FolderSelector>;

  /**
   * Set for a vendor that opens objects one by one: leases are then requested by a file's selector.
   */
  readonly perFile?: PerFile;

  /**
   * Returns the call for a folder; `selector`, or that of `perFile`, has checked `of.folder`. Equal
   * for all folders that one answer can open, whatever the order of the suits. No I/O. Throws
   * REQUEST_INVALID naming the key if the case lacks something that the call needs.
   */
  call(of: FolderOfCase): VendorCall;

  /**
   * Calls the vendor once. Throws VENDOR_* errors if the whole call fails, and INTERRUPTED if
   * `signal` aborts; failures of single folders are refusals in the answer. Not idempotent: each
   * call may issue another credential, and earlier ones stay valid until their own end.
   */
  issue(call: VendorCall, options: { readonly signal: AbortSignal }): Promise<VendorAnswer>;
}

/** So many calls within any period of so many seconds. */
export const rateLimit = z.strictObject({
  calls: z.int().min(1).max(1000),
  per_seconds: z.number().positive().max(86_400),
});
export type RateLimit = z.output<typeof rateLimit>;

export interface VendorDependencies {
  /** Connects through proxies. */
  readonly tunnel?: Tunnel | undefined;
  /** Ms since the epoch; for the timestamps of signed calls. */
  readonly now?: () => number;
}

/** Returns the same text for equal selectors, whatever the order of their keys. */
export function folderKey(folder: Readonly<FolderSelector>): FolderKey {
  return JSON.stringify(Object.entries(folder).sort(([a], [b]) => (a < b ? -1 : 1)));
}
