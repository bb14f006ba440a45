import type {
  BucketRetention,
  ExhibitError,
  FileBody,
  IdenticalBy,
  IdenticalPolicy,
  ObjectProof,
  OpenUpload,
  Period,
} from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import type { LeaseHolder } from "./lease-holder.ts";
import type { ByteDigester, ObjectReading } from "./object-reading.ts";
import type { UploadRecord } from "./upload-record.ts";

/** Where a lease leads. */
export type BucketPrefix = Pick<Lease, "bucket" | "prefix">;

export interface Receipt extends ObjectProof {
  /** `identical`: an object with these bytes was there before, and nothing was written. */
  readonly outcome: "stored" | "identical";
  /** What proves an identical object; undefined for a stored one, which our own write proves. */
  readonly identicalBy: IdenticalBy | undefined;
}

/**
 * Decides whether a small file is looked for before it is sent, because files of its folder are
 * likely to be in OSS already. All files of a folder share one, which learns from each of them.
 */
export interface HeadFirst {
  isLikely(): boolean;
  /** Learns whether a file was there. */
  learn(isThere: boolean): void;
}

/** An object as a receipt of ours would name it. */
interface RecordedObject {
  readonly endpoint: string;
  readonly bucket: string;
  readonly key: string;
  /** With its quotes. */
  readonly etag: string;
  /** 32 bytes. */
  readonly sha256: Uint8Array;
}

/** How hard an object that was there before has to be proved, and what that takes. */
export interface IdenticalRules {
  readonly policy: IdenticalPolicy;
  /** Returns whether a receipt of ours has this object with this SHA-256. */
  isOnRecord(object: RecordedObject): Promise<boolean>;
  createDigester(): ByteDigester;
}

export interface PutRequest {
  leases: LeaseHolder;
  /** Relative to the lease's prefix, with `/` between its parts. */
  name: string;
  /**
   * Rewound when a multipart upload has to be sent anew, because OSS forgot it or made a damaged
   * object of it, and before each attempt with a signed URL.
   */
  body: FileBody;
  /**
   * When the file was last changed, in milliseconds since the epoch. It is written into the
   * metadata of a new object, and never compared with that of an existing one.
   */
  modifiedAt?: number;
  signal?: AbortSignal;
  /**
   * Reports bytes that were sent to OSS, in order, or found there. Bytes that are sent again aren't
   * counted again.
   */
  onBytes?: (bytes: number) => void;
  /** Hears of each error after which a request is retried. */
  onFault?: (error: ExhibitError) => void;
  /**
   * Hears of what touched the integrity of the file and may still be repaired: bytes that arrived
   * damaged (DIGEST_MISMATCH), and our own damaged copy that is overwritten. Also of an object that
   * OSS doesn't keep as it was asked to.
   */
  onIncident?: (incident: ExhibitError) => void;
  /**
   * Keeps what is needed to continue a multipart upload. Without a record, `put` aborts an upload
   * that fails.
   */
  uploads?: UploadRecord;
  /**
   * Whether to HEAD a small file before sending it. Large files are always checked. @defaultValue
   * never
   */
  headFirst?: HeadFirst;
  /**
   * How hard an object that is there already, with the file's size and CRC64, has to be proved.
   * @defaultValue those are enough
   */
  identical?: IdenticalRules;
  /**
   * For how long OSS is asked to keep the object. A refusal is told to `onIncident`
   * (RETENTION_REFUSED); the file is stored all the same. @defaultValue it isn't asked
   */
  retention?: Period | undefined;
}

export interface AbortRequest {
  leases: LeaseHolder;
  upload: Pick<OpenUpload, "uploadId" | "endpoint" | "bucket" | "key">;
  signal?: AbortSignal;
}

export interface RetentionRequest {
  leases: LeaseHolder;
}

export interface ReachabilityRequest {
  leases: LeaseHolder;
  /** The name of a file, relative to the lease's prefix. */
  name: string;
  signal: AbortSignal;
}

/** How many requests with bytes one bucket gets from this process. */
export interface BucketWindow {
  readonly endpoint: string;
  readonly bucket: string;
  /** Most requests in flight, for now. */
  readonly size: number;
  readonly inFlight: number;
  /** Requests that the bucket has accepted so far. */
  readonly accepted: number;
}

export interface ObjectStore {
  /** What reads objects, whoever stored them. */
  readonly reading: ObjectReading;
  /**
   * Runs all the work for one file, `put` and everything before it, once there is room for one more
   * below the prefix, first come, first served. Few more files are begun than can be sent, because
   * each takes memory from then on. Throws INTERRUPTED when the signal is aborted before that.
   */
  admit<T>(
    target: BucketPrefix,
    work: () => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T>;
  /**
   * Stores one file and proves it. Never overwrites other bytes. Retries by itself whatever a
   * pause, a new lease or a corrected clock can fix. Throws `ExhibitError`, INTERRUPTED if `signal`
   * is aborted.
   */
  put(request: PutRequest): Promise<Receipt>;
  /**
   * Aborts a multipart upload that nobody continues; succeeds if OSS doesn't know it. Throws
   * KEY_OUTSIDE_LEASE when the lease opens another bucket, STORE_DENIED when it may not abort.
   */
  abort(request: AbortRequest): Promise<void>;
  /**
   * Returns whether OSS serves a request without bytes to where the file goes, whatever it
   * responds, unless with an outage or a throttle. It is asked once, and waited for ten seconds at
   * most.
   */
  isReachable(request: ReachabilityRequest): Promise<boolean>;
  /**
   * Returns what the bucket that the leases open itself keeps. OSS is asked once for each bucket, and its
   * answer holds for ten minutes. What it doesn't say within five seconds, or refuses to say, is `unknown`:
   * this never throws.
   */
  bucketRetention(request: RetentionRequest): Promise<BucketRetention>;
  /** Sets how many bytes a second all files together may send; undefined removes the limit. */
  pace(rate: number | undefined): void;
  /** Returns the window of each bucket that something was sent to. */
  windows(): BucketWindow[];
  /**
   * Returns the bytes of memory that `put` holds while it stores a file of this size. An upload
   * that is continued has its own part size.
   */
  memoryFor(size: number, partSize?: number): number;
  /** Closes the idle connections; requests in flight go on. */
  close(): void;
}
