import type { SourceFile } from "../source.ts";

/** Returns all that a walk yields, sorted by path. */
export async function collect<Entry extends { readonly path: string }>(
  walk: AsyncIterable<Entry>,
): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of walk) entries.push(entry);
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * Reads a file from its beginning, in pieces of at most `length` bytes. Returns its bytes, the
 * CRC64 of each piece, and the digests that came with the last.
 */
export async function readAll(file: SourceFile, length = file.size) {
  const pieces: Buffer[] = [];
  const crc64s: bigint[] = [];
  let sha256: Buffer | undefined;
  let sm3: Buffer | undefined;
  let left = file.size;
  do {
    const piece = await file.read(Math.min(length, left));
    pieces.push(Buffer.from(piece.bytes));
    crc64s.push(piece.crc64);
    left -= piece.bytes.length;
    ({ sha256, sm3 } = piece);
    piece.release();
  } while (left > 0);
  return { bytes: Buffer.concat(pieces), crc64s, sha256, sm3 };
}

/** Returns the error that `promise` is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error("It should have failed.");
    },
    (error: unknown) => error,
  );
}
