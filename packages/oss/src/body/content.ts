import { ExhibitError, type FileBody, type Piece, toExhibitError } from "@exhibit/contracts";
import { interrupted } from "../http/interrupted.ts";

/** What was read from a file, and what OSS must hold. */
export interface Content {
  /** Bytes. */
  size: number;
  /** 32 bytes. */
  sha256: Buffer;
  /** 32 bytes; only where the source computes it. */
  sm3: Buffer | undefined;
  /** CRC-64/XZ, unsigned. */
  crc64: bigint;
}

/** Returns the next `length` bytes of a file. Throws SOURCE_* and INTERRUPTED. */
export function readPiece(
  body: FileBody,
  length: number,
  signal: AbortSignal | undefined,
): Promise<Piece> {
  if (signal?.aborted) return Promise.reject(interrupted(signal));
  return body.read(length).then(
    (piece) => ofLength(piece, length),
    (thrown: unknown) => {
      throw toExhibitError(thrown, "SOURCE_IO");
    },
  );
}

function ofLength(piece: Piece, length: number): Piece {
  if (piece.bytes.length === length) return piece;
  piece.release();
  throw new ExhibitError(
    "SOURCE_CHANGED",
    `The file gave ${piece.bytes.length} bytes where ${length} were expected.`,
  );
}

/** Returns what a file is, once its last piece is read. `crc64` is that of all its bytes. */
export function contentOf(body: FileBody, crc64: bigint, { sha256, sm3 }: Piece): Content {
  if (sha256 !== undefined) return { size: body.size, sha256, sm3, crc64 };
  throw new ExhibitError("INTERNAL", "A file was read to its end, and its SHA-256 isn't there.");
}
