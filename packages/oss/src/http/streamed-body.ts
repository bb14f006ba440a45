/** How the end of a body is told (RFC 9112, section 6.3). */
export type Framing = "none" | "length" | "chunked" | "until-end";

/** Hands on the body of a response while it arrives. */
export interface StreamedBody {
  /** Takes received bytes and returns those that it left. Throws for broken chunks. */
  take(bytes: Buffer): Buffer;
  /** Whether the body's last byte was taken. */
  readonly isOver: boolean;
}

/** Bytes of a chunk's first line, or of all trailers, at most. */
const MAX_LINE = 64 * 1024;
const END_OF_TRAILERS = "\r\n\r\n";

export function createStreamedBody(
  { framing, length }: { framing: Framing; length: number },
  onPiece: (piece: Buffer) => void,
): StreamedBody {
  /** Bytes of the body, or of its current chunk, that are to come. */
  let left = framing === "until-end" ? Number.POSITIVE_INFINITY : length;
  let isOver = framing === "length" && length === 0;
  let isInChunk = false;

  function takePiece(bytes: Buffer): Buffer {
    const piece = bytes.length > left ? bytes.subarray(0, left) : bytes;
    left -= piece.length;
    if (piece.length > 0) onPiece(piece);
    return bytes.subarray(piece.length);
  }

  /** Returns what follows the line before the next chunk's bytes; undefined if more is to come. */
  function openChunk(bytes: Buffer): Buffer | undefined {
    const line = bytes.indexOf("\r\n");
    if (line === -1) return undefined;
    const size = /^[0-9a-f]{1,8}(?=;|$)/i.exec(bytes.toString("latin1", 0, line).trim())?.[0];
    if (size === undefined) throw new Error("the response has a broken chunk");
    left = Number.parseInt(size, 16);
    isInChunk = left > 0;
    if (isInChunk) return bytes.subarray(line + 2);
    const end = bytes.indexOf(END_OF_TRAILERS, line);
    isOver = end !== -1;
    return isOver ? bytes.subarray(end + END_OF_TRAILERS.length) : undefined;
  }

  /** Returns what follows the line's end behind a chunk; undefined if more is to come. */
  function closeChunk(bytes: Buffer): Buffer | undefined {
    if (bytes.length < 2) return undefined;
    if (bytes.toString("latin1", 0, 2) !== "\r\n") {
      throw new Error("the response has a broken chunk");
    }
    isInChunk = false;
    return bytes.subarray(2);
  }

  function takeChunks(received: Buffer): Buffer {
    let bytes = received;
    while (!isOver && bytes.length > 0) {
      if (left > 0) {
        bytes = takePiece(bytes);
        continue;
      }
      const rest = isInChunk ? closeChunk(bytes) : openChunk(bytes);
      if (rest === undefined) break;
      bytes = rest;
    }
    if (!isOver && bytes.length > MAX_LINE) throw new Error("the response has a broken chunk");
    return bytes;
  }

  return {
    take(bytes) {
      if (framing === "chunked") return takeChunks(bytes);
      const rest = takePiece(bytes);
      isOver = left === 0;
      return rest;
    },
    get isOver() {
      return isOver;
    },
  };
}
