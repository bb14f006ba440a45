import { hash } from "node:crypto";

/** The digests that lines, trees and lists are made with; SM3 (GB/T 32905) only where a deployment asks for it. */
export type DigestName = "sha256" | "sm3";

/** A digest of 32 bytes as 64 lowercase hexadecimal digits. */
export type HexDigest = string;

/** Returns the digest of a text's UTF-8, or of bytes. */
export function digestOf(data: string | Uint8Array, name: DigestName = "sha256"): HexDigest {
  return hash(name, data, "hex");
}
