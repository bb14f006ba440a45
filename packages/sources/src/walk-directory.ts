import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { ExhibitError } from "@exhibit/contracts";
import { closeFrame, type Frame, openFrame, readNames, type SubFolder } from "./frame.ts";
import { entryOf, type Looked, lookBehind } from "./look.ts";
import { decodeName, invalidName } from "./names.ts";
import type { Place } from "./place.ts";
import type { SourceEntry } from "./source.ts";
import { sourceError } from "./source-error.ts";

/**
 * Walks the tree below the source's root, depth first: of each batch of names the files come first, then each sub-folder
 * whole.
 *
 * Memory is one batch for each level that is open, whatever the size of a folder: names are never collected or sorted.
 * It ends: symbolic links aren't followed or, when they are, no folder is walked inside itself.
 */
export async function* walkDirectory(
  place: Place,
  signal: AbortSignal | undefined,
): AsyncGenerator<SourceEntry, void, void> {
  const stack = [await openFrame(place, { path: "", where: place.root })];
  try {
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      throwIfAborted(signal);
      const folder = top.waiting.shift();
      if (folder !== undefined) yield* descend(place, folder, stack);
      else if (top.ended) yield* leave(place, stack);
      else yield* advance(place, top);
    }
  } finally {
    await Promise.all(stack.map(closeFrame));
  }
}

/** Goes into a sub-folder. One that can't be opened is an entry, not the end. */
async function* descend(place: Place, folder: SubFolder, stack: Frame[]) {
  if (stack.some(({ where }) => where === folder.where)) {
    yield { kind: "skipped", path: folder.path, reason: "loop" } as const;
    return;
  }
  try {
    stack.push(await openFrame(place, folder));
  } catch (thrown) {
    yield faulty(folder.path, thrown);
  }
}

/**
 * Leaves a folder whose names have come to their end. One that was removed while it was read seems to end there, too: what
 * was still in it would be missing without a word.
 */
async function* leave(place: Place, stack: Frame[]) {
  const frame = stack.pop();
  if (frame === undefined) return;
  await closeFrame(frame);
  try {
    const now = await lstat(frame.where);
    if (now.dev === frame.dev && now.ino === frame.ino) return;
    throw new ExhibitError(
      "SOURCE_CHANGED",
      `${frame.path || place.root} was replaced by another folder while it was walked.`,
      { details: { path: frame.path || place.root } },
    );
  } catch (thrown) {
    yield broken(place, frame, thrown);
  }
}

/** Gives the files of the folder's next batch, and notes its sub-folders. */
async function* advance(place: Place, frame: Frame) {
  const { names, failure } = await readNames(frame);
  for (const looked of await Promise.all(names.map((name) => look(place, frame, name)))) {
    if (looked.kind === "folder") frame.waiting.push(looked);
    else yield looked;
  }
  if (failure !== undefined) yield broken(place, frame, failure);
}

/** A source that breaks off is a failure of the whole; a sub-folder that does is one entry. */
function broken({ root }: Place, frame: Frame, thrown: unknown) {
  if (frame.path === "") throw sourceError(thrown, root);
  return faulty(frame.path, thrown);
}

async function look(place: Place, folder: Frame, name: Buffer): Promise<Looked> {
  const text = decodeName(name);
  if (text === undefined) return invalidName(name, folder.path);
  const path = folder.path === "" ? text : `${folder.path}/${text}`;
  const where = join(folder.where, text);
  try {
    const stats = await lstat(where);
    if (place.followSymlinks && stats.isSymbolicLink()) return await lookBehind(place, where, path);
    return entryOf({ path, where }, stats);
  } catch (thrown) {
    return faulty(path, thrown);
  }
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
