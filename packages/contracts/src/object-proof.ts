/**
 * What proves that an object which was there before has the file's bytes, beyond an equal size and
 * CRC64, which keep out faults but not people:
 *
 * - `md5`: its ETag, which is the MD5 of an object that one PUT made, is the file's.
 * - `record`: a receipt of ours has this very object, by its ETag, with the file's SHA-256.
 * - `download`: its bytes were read, and have the file's SHA-256.
 * - `crc64`: nothing; only size and CRC64 were compared.
 */
export const identicalBy = ["md5", "record", "download", "crc64"] as const;
export type IdenticalBy = (typeof identicalBy)[number];

/**
 * How hard an object that was there before has to be proved: `crc64` by its size and CRC64 alone,
 * `strongest` by the cheapest of what proves it, `download` always by its bytes.
 */
export const identicalPolicies = ["crc64", "strongest", "download"] as const;
export type IdenticalPolicy = (typeof identicalPolicies)[number];

/** Proof that OSS holds exactly the bytes that were read: the receipt of a file. */
export interface ObjectProof {
  /** The bucket's endpoint, as the lease names it. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  /** 32 bytes. */
  readonly sha256: Uint8Array;
  /** 32 bytes; only where the deployment digests by SM3 as well. */
  readonly sm3?: Uint8Array | undefined;
  /** CRC-64/XZ, unsigned; OSS's own value was equal to it. */
  readonly crc64: bigint;
  readonly etag: string | undefined;
  /** OSS's id of the request that proved it: the write, or the HEAD that found the object. */
  readonly requestId: string | undefined;
  /** The object's version, where the bucket keeps versions. */
  readonly versionId: string | undefined;
  /** When OSS answered the write, or the found object's Last-Modified; both by OSS's clock. */
  readonly storedAt: Date;
  readonly leaseId: string;
  /** Until when OSS keeps the object from being deleted or overwritten, where it was asked to. */
  readonly retainedUntil?: Date | undefined;
}
