import { createHash } from "node:crypto";

/**
 * Returns the SHA-256 of a secret, which is all that is kept of it. A slow hash would gain nothing
 * against a guesser of 256 random bits, and would let anybody keep the processor busy.
 */
export function digestOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}
