import type { Dir, Stats } from "node:fs";
import { lstat, opendir } from "node:fs/promises";
import { join } from "node:path";
import { ExhibitError } from "@exhibit/contracts";
import { confine } from "./confine.ts";
import { factsOf } from "./file-facts.ts";
import { decodeName, invalidName } from "./names.ts";
import type { SkippedReason, SourceEntry } from "./source.ts";
import { sourceError } from "./source-error.ts";

/** Names taken from a folder at a time, and `lstat` calls at once. More gained nothing: libuv has 4 threads. */
const BATCH = 64;

/** A folder that is being read. `waiting` holds at most one batch's sub-folders. */
interface Frame {
  readonly dir: Dir;
  /** Relative to the source; empty for the source itself. */
  readonly path: string;
  waiting: string[];
  /** No more names will come from it. */
  ended: boolean;
}

type Looked = SourceEntry | { readonly kind: "folder"; readonly path: string };

/**
 * Walks the tree below `root`, depth first: of each batch of names the files come first, then each sub-folder whole.
 *
 * Memory is one batch for each level that is open, whatever the size of a folder: names are never collected or sorted.
 * Symbolic links aren't followed, so it ends.
 *
 * @param root a real path: no symbolic link in it
 */
export async function* walkDirectory(
  root: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<SourceEntry, void, void> {
  const stack = [await openFrame(root, "")];
  try {
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      throwIfAborted(signal);
      const folder = top.waiting.shift();
      if (folder !== undefined) yield* descend(root, folder, stack);
      else if (top.ended) await leave(stack);
      else yield* advance(root, top);
    }
  } finally {
    await Promise.all(stack.map(closeFrame));
  }
}

async function openFrame(root: string, path: string): Promise<Frame> {
  let dir: Dir | undefined;
  try {
    dir = await openNames(join(root, path));
    // opendir follows a link that was put in the folder's place a moment ago.
    await confine(root, path);
    return { dir, path, waiting: [], ended: false };
  } catch (thrown) {
    await dir?.close();
    throw sourceError(thrown, path === "" ? root : path);
  }
}

/** Names as bytes: decoded by Node, a name that isn't UTF-8 would silently become another one. */
function openNames(path: string): Promise<Dir> {
  // The types know only text encodings; Node takes "buffer" as for readdir, and then names are Buffers.
  const encoding = "buffer" as BufferEncoding;
  return opendir(path, { encoding, bufferSize: BATCH });
}

async function closeFrame(frame: Frame): Promise<void> {
  // Nothing was written through it: a handle that doesn't close well has lost nothing.
  await frame.dir.close().catch(() => undefined);
}

async function leave(stack: Frame[]): Promise<void> {
  const frame = stack.pop();
  if (frame !== undefined) await closeFrame(frame);
}

/** Goes into a sub-folder. One that can't be opened is an entry, not the end. */
async function* descend(root: string, path: string, stack: Frame[]) {
  try {
    stack.push(await openFrame(root, path));
  } catch (thrown) {
    yield faulty(path, thrown);
  }
}

/** Gives the files of the folder's next batch, and notes its sub-folders. */
async function* advance(root: string, frame: Frame) {
  const { names, failure } = await readNames(frame);
  // A source that breaks off is a failure of the whole; a sub-folder that does is one entry.
  if (failure !== undefined && frame.path === "") throw sourceError(failure, root);
  for (const looked of await Promise.all(names.map((name) => look(root, frame.path, name)))) {
    if (looked.kind === "folder") frame.waiting.push(looked.path);
    else yield looked;
  }
  if (failure !== undefined) yield faulty(frame.path, failure);
}

async function readNames(frame: Frame): Promise<{ names: Buffer[]; failure?: unknown }> {
  const names: Buffer[] = [];
  try {
    while (names.length < BATCH && !frame.ended) {
      const entry = await frame.dir.read();
      if (entry === null) frame.ended = true;
      else names.push(entry.name as unknown as Buffer);
    }
    return { names };
  } catch (failure) {
    frame.ended = true;
    return { names, failure };
  }
}

async function look(root: string, folder: string, name: Buffer): Promise<Looked> {
  const text = decodeName(name);
  if (text === undefined) return invalidName(name, folder);
  const path = folder === "" ? text : `${folder}/${text}`;
  try {
    return entryOf(path, await lstat(join(root, path)));
  } catch (thrown) {
    return faulty(path, thrown);
  }
}

function entryOf(path: string, stats: Stats): Looked {
  if (stats.isFile()) return { kind: "file", path, ...factsOf(stats) };
  if (stats.isDirectory()) return { kind: "folder", path };
  return { kind: "skipped", path, reason: reasonOf(stats) };
}

function reasonOf(stats: Stats): SkippedReason {
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isFIFO()) return "fifo";
  if (stats.isSocket()) return "socket";
  if (stats.isCharacterDevice() || stats.isBlockDevice()) return "device";
  return "other";
}

function faulty(path: string, thrown: unknown) {
  return { kind: "faulty", path, error: sourceError(thrown, path) } as const;
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new ExhibitError("INTERRUPTED", "The walk of the source was stopped.", {
    cause: signal.reason,
  });
}
