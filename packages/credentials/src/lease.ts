/**
 * The three parts of a temporary OSS credential. They are replaced only together: OSS answers a
 * mixed pair with `AccessKeyIdAndSecurityTokenNotMatch`.
 */
export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
}

/** A bucket, where it is, and how to talk to it. */
export interface Bucket {
  /** With scheme and without the bucket, such as `https://oss-cn-hangzhou.aliyuncs.com`. */
  readonly endpoint: string;
  /** The region's id as V4 signatures name it, such as `cn-hangzhou`. */
  readonly region: string;
  readonly name: string;
  /**
   * True: the bucket is in the path (`endpoint/bucket/key`); false: in the host
   * (`bucket.endpoint/key`).
   */
  readonly pathStyle: boolean;
  readonly signatureVersion: "v4" | "v1";
}

/** The one object that a lease opens, for a vendor that opens objects one by one. */
export interface OpenedObject {
  readonly key: string;
  /**
   * A signed URL to put the bytes to, unchanged. It is a credential: it appears in no error, log or
   * receipt. Without it, requests for the key are signed as usual.
   */
  readonly uploadUrl?: string;
}

/** What a vendor's answer opens for one folder. */
export interface Lease {
  /** Identifies the lease in receipts, logs and traces; says nothing about the credentials. */
  readonly id: string;
  readonly vendor: string;
  readonly credentials: Credentials;
  readonly bucket: Bucket;
  /**
   * The folder's own prefix, which keys are appended to; ends with `/`. Empty only with `object`.
   */
  readonly prefix: string;
  /** Everything that the credentials open: every key must begin with one of these. */
  readonly prefixes: readonly string[];
  /**
   * If set, the file goes here whatever its name; `prefix` is then the key without its last part.
   */
  readonly object?: OpenedObject;
  readonly expiresAt: Date;
  /**
   * The vendor's own text of the end, if it has no zone and was read as UTC: in GMT+8 it is over.
   */
  readonly assumedUtc?: string;
}
