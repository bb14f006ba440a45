import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSource, type SourceEntry, type SourceFile } from "../../src/index.ts";

/** A folder of the test's own, without symbolic links in its path. */
export async function makeTree() {
  const root = await realpath(await mkdtemp(join(tmpdir(), "exhibit-sources-")));
  return {
    root,
    at: (...parts: string[]) => join(root, ...parts),
    open: (path = root, roots = [root]) => openSource({ type: "directory", path }, roots),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}
export type Tree = Awaited<ReturnType<typeof makeTree>>;

export async function walkAll(tree: Tree): Promise<SourceEntry[]> {
  const entries: SourceEntry[] = [];
  for await (const entry of (await tree.open()).walk({})) entries.push(entry);
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The rest of a file, read in pieces of at most this many bytes, and the SHA-256 that came with the last of them. */
export async function readAll(file: SourceFile, length = file.size) {
  const pieces: Buffer[] = [];
  let sha256: Buffer | undefined;
  let left = file.size;
  do {
    const piece = await file.read(Math.min(length, left));
    pieces.push(Buffer.from(piece.bytes));
    left -= piece.bytes.length;
    sha256 = piece.sha256;
    piece.release();
  } while (left > 0);
  return { bytes: Buffer.concat(pieces), sha256 };
}

/** The error that `promise` is rejected with. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => {
      throw new Error("It should have failed.");
    },
    (error: unknown) => error,
  );
}

/** Rights don't bind root: the tests' containers run as root, so they step down for a moment. */
export async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
