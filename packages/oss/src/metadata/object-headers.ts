import { contentTypeOf } from "./content-type.ts";

/** Headers that OSS keeps with an object. Names are in lower case. */
export type ObjectHeaders = Readonly<Record<string, string>>;

/** What an object can tell about its file. */
export interface Described {
  key: string;
  /** The file's first bytes, where they may decide its type. */
  head: Uint8Array | undefined;
  /** Milliseconds since the epoch. */
  modifiedAt: number | undefined;
  /** Undefined if it isn't known before the first byte is sent. */
  sha256?: Buffer;
}

/**
 * Returns what tells people and tools that find the object what it is: its type, when the file was
 * last changed (in seconds, as rclone writes and reads it) and its SHA-256. None of it is proof,
 * and none is ever compared.
 */
export function objectHeaders({ key, head, modifiedAt, sha256 }: Described): ObjectHeaders {
  const headers: Record<string, string> = { "content-type": contentTypeOf(key, head) };
  if (modifiedAt !== undefined) headers["x-oss-meta-mtime"] = String(modifiedAt / 1000);
  if (sha256 !== undefined) headers["x-oss-meta-sha256"] = sha256.toString("hex");
  return headers;
}
