import { createHash } from "node:crypto";
import type { PieceDigests } from "../threads/protocol.ts";
import { crc64 } from "./crc64.ts";

/** SHA-256 of a file's bytes in order, and the CRC64 of each of its pieces. */
export interface Digester {
  /** Takes the next piece; with the last one it gives the file's SHA-256. */
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
