import { createHash } from "node:crypto";
import { crc64 } from "./crc64.ts";

/** What a piece of a file is proved with. */
export interface PieceDigests {
  /** CRC-64/XZ of the piece, unsigned. */
  crc64: bigint;
  /**
   * SHA-256 of the whole file, 32 bytes, with its last piece. A Buffer comes out of a thread as a
   * Uint8Array.
   */
  sha256: Uint8Array | undefined;
}

/** Computes the SHA-256 of a file's bytes in order, and the CRC64 of each of its pieces. */
export interface Digester {
  /** Takes the next piece; the result for the last one has the file's SHA-256. */
  digest(piece: Uint8Array, isLast: boolean): PieceDigests;
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
