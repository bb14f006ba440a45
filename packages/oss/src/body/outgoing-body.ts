import type { OutgoingBody } from "../http/request.ts";

/**
 * Bytes that are handed to the connection at a time, so that progress shows and the connection's
 * own buffer stays small.
 */
const PIECE = 256 * 1024;

export function outgoingBody(bytes: Buffer, onBytes: (bytes: number) => void): OutgoingBody {
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

/**
 * Returns a function that makes a counter for each attempt to send the same bytes. A counter passes
 * on how far its attempt got beyond all earlier ones, so bytes that are sent again count once.
 */
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
