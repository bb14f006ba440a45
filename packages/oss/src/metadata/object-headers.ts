import { contentTypeOf } from "./content-type.ts";

/** Headers that are kept with an object, by their names in lower case. */
export type ObjectHeaders = Readonly<Record<string, string>>;

/** What an object can say of its file. */
export interface Described {
  key: string;
  /** The first bytes, where they may decide what it is. */
  head: Uint8Array | undefined;
  /** Milliseconds since the epoch. */
  modifiedAt: number | undefined;
  /** Where it is known before the first byte is sent. */
  sha256?: Buffer;
}

/**
 * What tells people and tools that come upon the object what it is: its type, when the file was last changed (in seconds, as
 * rclone writes it and reads it back) and its SHA-256. None of it is proof, and none is ever compared.
 */
export function objectHeaders({ key, head, modifiedAt, sha256 }: Described): ObjectHeaders {
  const headers: Record<string, string> = { "content-type": contentTypeOf(key, head) };
  if (modifiedAt !== undefined) headers["x-oss-meta-mtime"] = String(modifiedAt / 1000);
  if (sha256 !== undefined) headers["x-oss-meta-sha256"] = sha256.toString("hex");
  return headers;
}
