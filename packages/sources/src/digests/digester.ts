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
  /** SM3 of the whole file, likewise; only where it is asked for. */
  sm3: Uint8Array | undefined;
}

/**
 * Computes the SHA-256 of a file's bytes in order, its SM3 if that is asked for, and the CRC64 of each
 * of its pieces.
 */
export interface Digester {
  /** Takes the next piece; the result for the last one has the file's digests. */
  digest(piece: Uint8Array, isLast: boolean): PieceDigests;
}

export function createDigester({ withSm3 = false } = {}): Digester {
  const sha256 = createHash("sha256");
  const sm3 = withSm3 ? createHash("sm3") : undefined;
  return {
    digest(piece, isLast) {
      sha256.update(piece);
      sm3?.update(piece);
      return {
        crc64: crc64(piece),
        sha256: isLast ? sha256.digest() : undefined,
        sm3: isLast ? sm3?.digest() : undefined,
      };
    },
  };
}
