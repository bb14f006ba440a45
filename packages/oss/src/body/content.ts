import { ExhibitError, toExhibitError } from "@exhibit/contracts";
import { interrupted } from "../api/store-error.ts";
import type { OutgoingBody } from "../http/connection-pool.ts";
import type { FileBody, Piece } from "../object-store.ts";

/** What was read from a file: what OSS must hold. */
export interface Content {
  size: number;
  /** 32 bytes. */
  sha256: Buffer;
  /** CRC-64/XZ, unsigned. */
  crc64: bigint;
}

/** The next bytes of a file. Throws SOURCE_*, INTERRUPTED. */
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

/** What is known of a file whose last piece this is. `crc64` is that of all its bytes. */
export function contentOf(body: FileBody, crc64: bigint, { sha256 }: Piece): Content {
  if (sha256 !== undefined) return { size: body.size, sha256, crc64 };
  throw new ExhibitError("INTERNAL", "A file was read to its end, and its SHA-256 isn't there.");
}

/** Pieces in which a buffer is sent, so that progress is seen and the connection's own buffer stays small. */
const PIECE = 256 * 1024;

export function bodyOf(bytes: Buffer, onBytes: (bytes: number) => void): OutgoingBody {
  return {
    length: bytes.length,
    chunks: bytes.length > PIECE ? piecesOf(bytes) : [bytes],
    onBytes,
  };
}

function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += PIECE)
    yield bytes.subarray(start, start + PIECE);
}

/** Passes on how far a body got beyond what earlier attempts reached: bytes sent again count once. */
export function forwardCounter(
  onBytes: ((bytes: number) => void) | undefined,
): () => (bytes: number) => void {
  let furthest = 0;
  return () => {
    let sent = 0;
    return (bytes) => {
      sent += bytes;
      if (sent <= furthest) return;
      onBytes?.(sent - furthest);
      furthest = sent;
    };
  };
}
