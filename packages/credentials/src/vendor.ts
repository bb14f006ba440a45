import type { ExhibitError, FolderSelector } from "@exhibit/contracts";
import { z } from "zod";
import type { Bucket, Credentials, OpenedObject } from "./lease.ts";
import type { Tunnel } from "./tunnel.ts";

/** A folder and the case it belongs to: what a lease is asked for. */
export interface FolderOfCase {
  /** A configured vendor, such as `kongur`. */
  readonly vendor: string;
  readonly entrust_id: string | undefined;
  readonly suit_ids: readonly string[];
  /** The vendor's name of the folder, such as `{"suit_id":"1001"}`. */
  readonly folder: Readonly<FolderSelector>;
}

/**
 * What a vendor is asked, by the vendor's own parameter names. Plain text, so that equal calls are found by
 * comparing; folders with an equal call share one answer.
 */
export type VendorCall = Readonly<Record<string, string>>;

/** A folder's name in a form that can be compared: see `folderKey`. */
export type FolderKey = string;

/** When credentials end: at a time the vendor gave, or after a configured time (ms). */
export type LeaseEnd = GivenEnd | { readonly after: number };

/** A vendor's own time. */
export interface GivenEnd {
  /** Ms since the epoch. */
  readonly at: number;
  /** The vendor's text, for people. */
  readonly said: string;
  /** The zone that it was read in, such as `+08:00`, when the text leaves that open. */
  readonly zone?: string;
  /** Its time if it means UTC, when nobody says what zone it means: taken when `at` is over already. */
  readonly atIfUtc?: number;
}

/** One credential that a vendor gave and what it opens. Plain, serialisable data. */
export interface IssuedLease {
  readonly credentials: Credentials;
  readonly bucket: Bucket;
  /** The prefix of each folder it opens; each ends with `/`. Never a whole bucket: folders would collide in it. */
  readonly folders: Readonly<Record<FolderKey, string>>;
  /** Everything it opens. */
  readonly prefixes: readonly string[];
  /** Of a vendor with `perFile`: the one object that it opens. */
  readonly object?: OpenedObject;
  readonly ends: LeaseEnd;
}

/** Why a vendor didn't open a folder. Plain, serialisable data. */
export interface FolderRefusal {
  /** The folder; null stands for every folder that no lease of the same answer opens. */
  readonly folder: FolderKey | null;
  /** The vendor's own error code. */
  readonly code: string;
  /** The vendor's own sentence. */
  readonly message: string;
}

/** A vendor may open some folders and refuse others in one answer. Plain, serialisable data. */
export interface VendorAnswer {
  readonly leases: readonly IssuedLease[];
  readonly refusals: readonly FolderRefusal[];
}

/** A file of a folder whose files are opened one by one. */
export interface NumberedFile {
  /** Relative to the source. */
  readonly path: string;
  /** From 1 on, in the order in which the folder's files were planned. */
  readonly number: number;
}

/** The ability of a vendor to open objects one by one, instead of a folder for all of its files. */
export interface PerFile {
  /** Files that a folder takes at most; their numbers are 1 to this. */
  readonly limit: number;
  /** How it names one file: the folder's selector with what `slot` adds. Strict, as the folder's own is. */
  readonly selector: z.ZodType<FolderSelector>;
  /**
   * What is added to the folder's selector to name the file, or FILE_NOT_ACCEPTED with the reason why the vendor
   * doesn't take it. Equal for equal files. No I/O.
   */
  slot(file: NumberedFile): FolderSelector | ExhibitError;
}

/**
 * The port of a vendor that hands out temporary OSS credentials. A vendor says what to ask, asks it, and
 * translates the answer's names; it doesn't cache, retry, log or read the clock: the broker does.
 */
export interface Vendor {
  /** The name it is registered and configured by. */
  readonly name: string;

  /**
   * Tells configurations apart: a lease that was had under other options (another account, bucket or endpoint) isn't
   * taken for one of these. Says nothing of them. Set by the registry.
   */
  readonly fingerprint?: string;

  /** How often it may be asked, by the whole fleet. Set by the registry. */
  readonly rateLimit?: RateLimit | undefined;

  /** How it names a folder. Strict: a key it doesn't know is a fault that names the key. */
  readonly selector: z.ZodType<FolderSelector>;

  /** Set for a vendor that opens objects one by one: leases are then asked for by a file's selector. */
  readonly perFile?: PerFile;

  /**
   * What to ask for this folder; `of.folder` has been checked by `selector`, or by that of `perFile`. Equal for all folders that one
   * answer can open, whatever the order of the suits. No I/O. Throws REQUEST_INVALID naming the key when
   * the case lacks something that the call needs.
   */
  call(of: FolderOfCase): VendorCall;

  /**
   * Asks the vendor, once. Throws VENDOR_* errors when the whole call fails, and INTERRUPTED when `signal` is
   * aborted; what fails for single folders is a refusal in the answer. Not idempotent on the vendor's side: each
   * call may give another credential, and the earlier ones stay valid until their own end.
   */
  issue(call: VendorCall, options: { readonly signal: AbortSignal }): Promise<VendorAnswer>;
}

/** So many calls within so many seconds, at whatever moment the seconds begin. */
export const rateLimit = z.strictObject({
  calls: z.int().min(1).max(1000),
  per_seconds: z.number().positive().max(86_400),
});
export type RateLimit = z.output<typeof rateLimit>;

export interface VendorDependencies {
  /** Connections through a proxy. */
  readonly tunnel?: Tunnel | undefined;
  /** Ms since the epoch; for the timestamps of signed calls. */
  readonly now?: () => number;
}

/** The same text for equal selectors, whatever the order of their keys. */
export function folderKey(folder: Readonly<FolderSelector>): FolderKey {
  return JSON.stringify(Object.entries(folder).sort(([a], [b]) => (a < b ? -1 : 1)));
}
