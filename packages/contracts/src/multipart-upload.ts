/** A multipart upload that OSS has opened for a file. */
export interface OpenUpload {
  /** OSS's own id. */
  readonly uploadId: string;
  readonly endpoint: string;
  readonly bucket: string;
  readonly key: string;
  /** Bytes of each part but the last. */
  readonly partSize: number;
  /** When OSS opened it, by OSS's clock. */
  readonly beganAt: Date;
}

/** A part that OSS has acknowledged. */
export interface AcknowledgedPart {
  /** Counted from 1. */
  readonly number: number;
  readonly etag: string;
  /** OSS's CRC64 of the part, unsigned; it is equal to that of what was read. */
  readonly crc64: bigint;
}
