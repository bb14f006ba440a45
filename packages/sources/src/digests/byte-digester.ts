import { createHash } from "node:crypto";
import { crc64 } from "./crc64.ts";

/** Digests bytes as they come, without knowing which are the last; each is used once. */
export function createByteDigester() {
  const sha256 = createHash("sha256");
  let crc = 0n;
  return {
    update(bytes: Uint8Array): void {
      sha256.update(bytes);
      crc = crc64(bytes, crc);
    },
    /** Returns SHA-256, 32 bytes, and CRC-64/XZ, unsigned. */
    finish: () => ({ sha256: sha256.digest(), crc64: crc }),
  };
}
