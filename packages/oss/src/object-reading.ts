import type { Bucket } from "@exhibit/credentials";
import type { LeaseHolder } from "./lease-holder.ts";

/** What OSS tells of an object. */
export interface ObjectFacts {
  /** Bytes. */
  readonly size: number;
  /** Undefined when OSS doesn't tell it, as for some copied objects. */
  readonly crc64: bigint | undefined;
  /** With its quotes. */
  readonly etag: string | undefined;
  /** In whole seconds, by OSS's clock: nobody who writes an object can choose it. */
  readonly lastModified: Date;
  readonly requestId: string | undefined;
  /** Undefined unless the bucket keeps versions, or kept them once. */
  readonly versionId: string | undefined;
}

/** An object as a list describes it. */
export type ListedObject = { readonly key: string } & Required<
  Pick<ObjectFacts, "size" | "etag" | "lastModified">
>;

export interface ObjectPage {
  /** In the order of the UTF-8 bytes of their keys. */
  readonly objects: readonly ListedObject[];
  /** Whether there are none after these. */
  readonly isLast: boolean;
}

/** Digests bytes in order; each is used once. */
export interface ByteDigester {
  update(bytes: Uint8Array): void;
  /** Returns SHA-256, 32 bytes, and CRC-64/XZ, unsigned. */
  finish(): { sha256: Uint8Array; crc64: bigint };
}

/** An object that was read to its end. */
export interface ReadObject {
  /** What OSS told of it. */
  readonly facts: ObjectFacts;
  /** Bytes that came. */
  readonly size: number;
  /** Of the bytes that came. */
  readonly sha256: Uint8Array;
  readonly crc64: bigint;
}

interface ReadingRequest {
  leases: LeaseHolder;
  /** Where the object is said to be: a lease that opens another bucket can't tell. */
  bucket: Pick<Bucket, "endpoint" | "name">;
  signal?: AbortSignal | undefined;
}

export interface ListRequest extends ReadingRequest {
  /** Ends with `/`, or is empty. */
  prefix: string;
  /** The key after which the page begins. @defaultValue the first one */
  after?: string | undefined;
}

export interface ObjectRequest extends ReadingRequest {
  key: string;
  /** @defaultValue the current version */
  versionId?: string | undefined;
}

export interface ReadRequest extends ObjectRequest {
  digester: ByteDigester;
  /**
   * Takes the bytes in order, which are overwritten once it returns; reading goes on when the
   * promise resolves. None come twice, however often the connection breaks.
   */
  take?: ((bytes: Buffer) => Promise<void> | undefined) | undefined;
}

/**
 * Reads what is in OSS. Each request waits for a window of its own, apart from that of what is
 * stored, and is retried as those of `put` are.
 *
 * All throw KEY_OUTSIDE_LEASE when the lease opens another bucket, or not the key; STORE_DENIED,
 * with OSS's code in its details, when it may not read; other STORE_*, LEASE_* and INTERRUPTED.
 */
export interface ObjectReading {
  /** Lists up to a thousand objects below a prefix. */
  list(request: ListRequest): Promise<ObjectPage>;
  /** Returns undefined when there is no object. */
  head(request: ObjectRequest): Promise<ObjectFacts | undefined>;
  /**
   * Reads an object in memory that doesn't depend on its size. A connection that breaks is
   * continued where it broke, if it is still the same object. Returns undefined when there is none.
   */
  read(request: ReadRequest): Promise<ReadObject | undefined>;
}
