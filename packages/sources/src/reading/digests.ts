import { createHash } from "node:crypto";
import { createCRC64 } from "hash-wasm";
import type { PieceDigests } from "./protocol.ts";

/** SHA-256 of a file's bytes in order, and the CRC64 of each of its pieces. */
export interface Digester {
  /** Takes the next piece; with the last one it gives the file's SHA-256. */
  digest(piece: Uint8Array, isLast: boolean): PieceDigests;
}

const crc64Hasher = await createCRC64();

/** CRC-64/XZ, the parameters of `x-oss-hash-crc64ecma` (PROTOCOLS.md 5.2), unsigned. */
export function crc64(bytes: Uint8Array): bigint {
  const digest = crc64Hasher.init().update(bytes).digest("binary");
  return new DataView(digest.buffer, digest.byteOffset).getBigUint64(0);
}

export function createDigester(): Digester {
  const sha256 = createHash("sha256");
  return {
    digest(piece, isLast) {
      sha256.update(piece);
      return { crc64: crc64(piece), sha256: isLast ? sha256.digest() : undefined };
    },
  };
}
