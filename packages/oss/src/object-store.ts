import type { ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import type { BucketWindow } from "./flow/admission.ts";
import type { Expectation } from "./put/head-first.ts";
import type { OpenUpload, UploadRecord } from "./upload-record.ts";

/** Hands out the folder's lease; shared by all files that go into the folder. */
export interface LeaseHolder {
  /** The lease to use now, with at least `minimumRemaining` milliseconds to go. */
  current(options?: { minimumRemaining?: number }): Promise<Lease>;
  /** Another lease than the one that OSS refused. */
  replace(refused: Lease): Promise<Lease>;
}

/** Where a lease leads. */
export type Place = Pick<Lease, "bucket" | "prefix">;

/** The bytes of a file, digested by whoever reads them. */
export interface FileBody {
  /** Bytes. */
  readonly size: number;
  /** The next `length` bytes, at most up to the end; throws `ExhibitError` SOURCE_*. */
  read(length: number): Promise<Piece>;
  /**
   * From the first byte again: when a multipart upload has to be sent anew because OSS forgot it or made a damaged object
   * of it, and for each attempt with a signed URL.
   */
  rewind(): Promise<void>;
}

export interface Piece {
  readonly bytes: Buffer;
  /** Of these bytes: CRC-64/XZ, unsigned. */
  readonly crc64: bigint;
  /** Of the whole file, 32 bytes, with its last piece. */
  readonly sha256: Buffer | undefined;
  /** Gives the memory back: `bytes` aren't used after it. */
  release(): void;
}

/** Proof that OSS holds exactly the bytes that were read. */
export interface Receipt {
  /** `identical`: an object with these bytes was there before; nothing was written. */
  outcome: "stored" | "identical";
  /** Of the bucket, as the lease named it. */
  endpoint: string;
  bucket: string;
  key: string;
  size: number;
  /** 32 bytes. */
  sha256: Buffer;
  /** CRC-64/XZ, unsigned; OSS's own value was equal to it. */
  crc64: bigint;
  etag: string | undefined;
  /** OSS's id of the request that proved it: the write, or the HEAD that found the object. */
  requestId: string | undefined;
  /** Of the object, where the bucket keeps versions. */
  versionId: string | undefined;
  /** By OSS's clock: when it answered the write, or the found object's Last-Modified. */
  storedAt: Date;
  leaseId: string;
}

export interface PutRequest {
  leases: LeaseHolder;
  /** Relative to the lease's prefix, `/` between its parts. */
  name: string;
  body: FileBody;
  /**
   * When the file was last changed, in milliseconds since the epoch: written into the metadata of a new object, never
   * compared with that of one that is there.
   */
  modifiedAt?: number;
  signal?: AbortSignal;
  /** Bytes on their way to OSS, in order of sending, or found there; bytes sent again are not counted again. */
  onBytes?: (bytes: number) => void;
  /** Hears of the faults after which a request is made again. */
  onFault?: (error: ExhibitError) => void;
  /**
   * Hears of what touched the integrity of the file and may be mended: bytes that arrived damaged (DIGEST_MISMATCH), and our
   * own damaged copy that is overwritten.
   */
  onIncident?: (incident: ExhibitError) => void;
  /** Keeps what is needed to go on with a multipart upload; without it, one that fails is aborted by `put`. */
  uploads?: UploadRecord;
  /** Whether a small file is looked for before it is sent; a large one always is. @defaultValue not */
  expectation?: Expectation;
}

export interface AbortRequest {
  leases: LeaseHolder;
  upload: Pick<OpenUpload, "uploadId" | "endpoint" | "bucket" | "key">;
  signal?: AbortSignal;
}

export interface AnswersRequest {
  leases: LeaseHolder;
  /** Of a file, relative to the lease's prefix. */
  name: string;
  signal: AbortSignal;
}

export interface ObjectStore {
  /**
   * Runs what is done for one file, `put` and all that goes before it, when there is room for one more below the place:
   * few more are begun than can be sent, because each takes memory from then on. First come, first served. Throws
   * INTERRUPTED when the signal ends the waiting.
   */
  admit<T>(place: Place, work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T>;
  /**
   * Stores one file and proves it. Never overwrites other bytes. Waits and tries again by itself for whatever a pause, a
   * new lease or a set clock can mend; what it throws is an `ExhibitError`, INTERRUPTED when `signal` ends it.
   */
  put(request: PutRequest): Promise<Receipt>;
  /**
   * Ends a multipart upload that nobody goes on with; one that OSS doesn't know is ended. Throws KEY_OUTSIDE_LEASE when the
   * lease opens another bucket, STORE_DENIED when it may not abort.
   */
  abort(request: AbortRequest): Promise<void>;
  /**
   * Whether OSS answers a request without bytes to where the file goes, with whatever it has to say but a fault of its own or
   * the wish for a pause. Asked once, and for ten seconds at most.
   */
  answers(request: AnswersRequest): Promise<boolean>;
  /** Bytes a second that go out, all files together, from now on; undefined: no limit. */
  pace(rate: number | undefined): void;
  /** How many requests with bytes each bucket gets at once, for now. */
  windows(): BucketWindow[];
  /** Bytes of memory that `put` holds while it stores a file of this size; an upload that is left has its own part size. */
  memoryFor(size: number, partSize?: number): number;
  /** Closes the idle connections; requests under way go on. */
  close(): void;
}
