import { hash } from "node:crypto";

/** How many hexadecimal digits of a digest are a salt: half of it, which can't be lengthened. */
const SALT_DIGITS = 32;

/**
 * Makes the salts of an import's lines. A line's salt keeps others from confirming a guess of the
 * line by its hash, which the proof of another file shows. It is the beginning of
 * SHA-256(secret ‖ what).
 *
 * @param secret The import's 32 random bytes.
 */
export function saltsOf(secret: Uint8Array): (what: string) => string {
  // The secret is written once; `what` follows it in a buffer that grows when it has to.
  let bytes = Buffer.alloc(secret.length + 1024);
  bytes.set(secret);
  return (what) => {
    const needed = secret.length + Buffer.byteLength(what);
    if (bytes.length < needed) {
      bytes = Buffer.alloc(needed);
      bytes.set(secret);
    }
    const length = secret.length + bytes.write(what, secret.length);
    return hash("sha256", bytes.subarray(0, length), "hex").slice(0, SALT_DIGITS);
  };
}
