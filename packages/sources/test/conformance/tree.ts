import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Source } from "@exhibit/contracts";
import { locate } from "../../src/file-system/roots.ts";
import type { SourceEntry, SourceReader } from "../../src/index.ts";
import { namedSource } from "../../src/registry.ts";
import { collect } from "../../src/testing/index.ts";
import { createReaderPool } from "../../src/threads/reader-pool.ts";
import { createWalkerPool } from "../../src/threads/walker-pool.ts";

// One set of threads for all tests, whatever roots they read below.
const readers = createReaderPool(1024 * 1024);
const walkers = createWalkerPool(readers);

export function openSource(
  source: Source,
  roots: readonly string[],
  { dataDir, limits }: { dataDir?: string; limits?: readonly string[] } = {},
): Promise<SourceReader> {
  const policy = { roots, limits, dataDir };
  return namedSource(source).open({ policy, openFile: readers.open, walkTree: walkers.walk });
}

/** A folder of the test's own, without symbolic links in its path. */
export async function makeTree() {
  const root = await realpath(await mkdtemp(join(tmpdir(), "exhibit-sources-")));
  return {
    root,
    at: (...parts: string[]) => join(root, ...parts),
    open: (path = root, roots = [root]) => openSource({ type: "directory", path }, roots),
    /** Returns the whole tree as threads are told of it. */
    place: () => locate(root, { roots: [root] }, { followSymlinks: false, names: undefined }),
    remove: () => rm(root, { recursive: true, force: true }),
  };
}
export type Tree = Awaited<ReturnType<typeof makeTree>>;

export async function walkAll(tree: Tree): Promise<SourceEntry[]> {
  return collect((await tree.open()).walk({}));
}

/** Does `work` as a user whom permissions bind: the containers of tests run as root. */
export async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
