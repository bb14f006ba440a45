/**
 * The three parts of a temporary OSS credential. They belong together: they are replaced only as one value,
 * never part by part (a torn pair is `AccessKeyIdAndSecurityTokenNotMatch`).
 */
export interface Credentials {
  readonly accessKeyId: string;
  readonly accessKeySecret: string;
  readonly securityToken: string;
}

/** Where OSS is and how it is spoken to. */
export interface Bucket {
  /** With scheme and without the bucket, such as `https://oss-cn-hangzhou.aliyuncs.com`. */
  readonly endpoint: string;
  /** The plain id that V4 signatures name, such as `cn-hangzhou`. */
  readonly region: string;
  readonly name: string;
  /** True puts the bucket into the path (`endpoint/bucket/key`), false into the host (`bucket.endpoint/key`). */
  readonly pathStyle: boolean;
  readonly signatureVersion: "v4" | "v1";
}

/** The one object that a lease opens, of a vendor that opens them one by one. */
export interface OpenedObject {
  readonly key: string;
  /**
   * A signed URL that the bytes are put to exactly as it is. A credential: it appears in no error, log or receipt.
   * Without one, requests for the key are signed as ever.
   */
  readonly uploadUrl?: string;
}

/** What a vendor gave for one call, as seen by one folder. */
export interface Lease {
  /** Names the lease in receipts, logs and traces; says nothing about the credentials. */
  readonly id: string;
  readonly vendor: string;
  readonly credentials: Credentials;
  readonly bucket: Bucket;
  /** The folder's own prefix; ends with `/`. Keys are made by appending to it. Empty only beside `object`. */
  readonly prefix: string;
  /** Everything the credentials open, for the guard. A key must begin with one of them. */
  readonly prefixes: readonly string[];
  /** When there is one, this is where the file goes, whatever its name is; `prefix` is then the part before its own name. */
  readonly object?: OpenedObject;
  readonly expiresAt: Date;
  /** The vendor's own text of its end, when that names no zone and was taken for UTC: as GMT+8 it would have ended. */
  readonly assumedUtc?: string;
}
