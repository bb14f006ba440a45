import { ExhibitError, toExhibitError } from "@exhibit/contracts";
import type { Digester, DigesterPool, Digests } from "./digests.ts";
import { interrupted } from "./errors.ts";
import type { FileBody } from "./object-store.ts";
import type { OutgoingBody } from "./transport.ts";

/** What was read from a file: what OSS must hold. */
export interface Content extends Digests {
  size: number;
}

/**
 * Reads [start, end) through the digester, each chunk given to `take` with its offset in the range (a copy must be made of
 * it there: readers may use their buffers again). Throws SOURCE_CHANGED when there are more or fewer bytes.
 */
export async function readThrough(
  body: FileBody,
  range: { start: number; end: number },
  digester: Digester,
  options: { signal: AbortSignal | undefined; take?: (chunk: Buffer, offset: number) => void },
): Promise<void> {
  const length = range.end - range.start;
  let offset = 0;
  try {
    for await (const chunk of body.read(range.start, range.end)) {
      if (options.signal?.aborted) throw interrupted(options.signal);
      if (offset + chunk.length > length) throw changed(range, "more");
      digester.update(chunk);
      options.take?.(chunk, offset);
      offset += chunk.length;
    }
  } catch (thrown) {
    throw toExhibitError(thrown, "SOURCE_IO");
  }
  if (offset < length) throw changed(range, "fewer");
}

/** Reads a whole file through the digester, as it's sent. The chunks are copies: they may wait in a connection. */
export async function* readInto(
  body: FileBody,
  digester: Digester,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const range = { start: 0, end: body.size };
  let read = 0;
  try {
    for await (const chunk of body.read(range.start, range.end)) {
      if (signal?.aborted) throw interrupted(signal);
      read += chunk.length;
      if (read > body.size) throw changed(range, "more");
      digester.update(chunk);
      yield Buffer.from(chunk);
    }
  } catch (thrown) {
    throw toExhibitError(thrown, "SOURCE_IO");
  }
  if (read < body.size) throw changed(range, "fewer");
}

/** Digests of a file that isn't sent. */
export async function readOnly(
  body: FileBody,
  digesters: DigesterPool,
  signal: AbortSignal | undefined,
): Promise<Content> {
  const digester = await digesters.start();
  try {
    await readThrough(body, { start: 0, end: body.size }, digester, { signal });
  } catch (error) {
    digester.drop();
    throw error;
  }
  return { size: body.size, ...digester.finish() };
}

/** Pieces in which a buffer is sent, so that progress is seen and the connection's own buffer stays small. */
const PIECE = 256 * 1024;

export function bodyOf(bytes: Buffer, onBytes: (bytes: number) => void): OutgoingBody {
  return { length: bytes.length, chunks: piecesOf(bytes), onBytes };
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

function changed({ start, end }: { start: number; end: number }, difference: string): ExhibitError {
  return new ExhibitError(
    "SOURCE_CHANGED",
    `The file has ${difference} than the ${end - start} bytes expected from ${start} on.`,
  );
}
