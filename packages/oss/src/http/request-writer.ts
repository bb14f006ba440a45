import type net from "node:net";
import { ExhibitError } from "@exhibit/contracts";
import type { BandwidthPacer } from "./bandwidth-pacer.ts";
import type { OutgoingBody, OutgoingRequest } from "./request.ts";
import { requestHead } from "./request-head.ts";

/** How far a request has been written. */
export interface Sending {
  /** Bytes of the body that were handed over. */
  sent: number;
  /** Whether the whole body was. */
  written: boolean;
  /** Whether the response has arrived, or never will. */
  over: boolean;
  /** Whether the connection is waiting for us: for our bandwidth limit, or a sink. */
  isPaced: boolean;
  /** Milliseconds that it has waited for us. */
  paced: number;
  fail(error: unknown): void;
}

/** Bytes that are written at a time while there is a limit. */
const PACED_PIECE = 16 * 1024;

const NO_BODY: OutgoingBody = { length: 0, chunks: [] };

/**
 * Writes a request; never rejects, but tells `sending` about a failure. The request only ends with
 * exactly the declared number of bytes, so that OSS can't store a part for the whole: otherwise it
 * fails with SOURCE_CHANGED.
 */
export async function writeRequest(
  socket: net.Socket,
  request: OutgoingRequest,
  sending: Sending,
  pacer: BandwidthPacer,
): Promise<void> {
  const { length, chunks, onBytes } = request.body ?? NO_BODY;

  function writeNow(piece: Buffer): Promise<void> | undefined {
    const hasRoom = socket.write(piece);
    socket.uncork();
    onBytes?.(piece.length);
    return hasRoom ? undefined : drained(socket);
  }

  async function writePaced(chunk: Buffer): Promise<void> {
    for (const piece of piecesOf(chunk)) {
      if (!pacer.tryTake(piece.length)) await paced(socket, piece.length, sending, pacer);
      if (sending.over) return;
      await writeNow(piece);
    }
  }

  /** Returns what has to be awaited before the next chunk, if anything. */
  function take(chunk: Buffer): Promise<void> | undefined {
    sending.sent += chunk.length;
    if (sending.sent > length) throw wrongLength(length, sending.sent);
    return pacer.isOn ? writePaced(chunk) : writeNow(chunk);
  }

  try {
    // The head and the first bytes leave together.
    socket.cork();
    socket.write(requestHead(request), "latin1");
    if (Symbol.asyncIterator in chunks) {
      for await (const chunk of chunks) {
        if (sending.over) return;
        await take(chunk);
      }
    } else {
      // `for await` and an unneeded `await` would leave garbage for each small file.
      for (const chunk of chunks) {
        if (sending.over) return;
        const wait = take(chunk);
        if (wait) await wait;
      }
    }
    if (sending.over) return;
    if (sending.sent !== length) throw wrongLength(length, sending.sent);
    sending.written = true;
    socket.uncork();
  } catch (error) {
    sending.fail(error);
  }
}

/** Small pieces share a slow line among all senders, and none of them falls silent for long. */
function* piecesOf(chunk: Buffer): Generator<Buffer> {
  for (let start = 0; start < chunk.length; start += PACED_PIECE)
    yield chunk.subarray(start, start + PACED_PIECE);
}

/** Resolves when the socket takes more bytes, or is closed. */
function drained(socket: net.Socket): Promise<void> {
  return unlessClosed(socket, (go) => {
    socket.on("drain", go);
    return () => socket.off("drain", go);
  });
}

/** Resolves when the limit lets so many bytes go, or the socket is closed. */
async function paced(
  socket: net.Socket,
  bytes: number,
  sending: Sending,
  pacer: BandwidthPacer,
): Promise<void> {
  const startedAt = performance.now();
  sending.isPaced = true;
  await unlessClosed(socket, (go) => pacer.wait(bytes, go));
  sending.isPaced = false;
  sending.paced += performance.now() - startedAt;
}

/**
 * Resolves when `wait` calls `go`, or when the socket is closed, as it is after an early response.
 * `wait` returns the function that ends its waiting.
 */
function unlessClosed(socket: net.Socket, wait: (go: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    let stop = () => {};
    const go = () => {
      socket.off("close", go);
      stop();
      resolve();
    };
    socket.on("close", go);
    stop = wait(go);
  });
}

function wrongLength(length: number, sent: number): ExhibitError {
  const difference = sent > length ? "more" : "fewer";
  return new ExhibitError("SOURCE_CHANGED", `The body has ${difference} than its ${length} bytes.`);
}
