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
}
