import { lstatSync } from "node:fs";
import { join } from "node:path";
import { ExhibitError } from "@exhibit/contracts/errors";
import { closeFrame, type Frame, openFrame, readNames, type SubFolder } from "./frame.ts";
import { entryOf, type Looked, lookBehind } from "./look.ts";
import { decodeName, invalidName } from "./names.ts";
import type { Place } from "./place.ts";
import type { SourceEntry } from "./source.ts";
import { sourceError } from "./source-error.ts";

/**
 * Walks the tree below the source's root, depth first: of each batch of names the files come first, then each sub-folder
 * whole. By calls that block: made for a thread of its own. Each step gives what it met, which may be nothing.
 *
 * Memory is one batch for each level that is open, whatever the size of a folder: names are never collected or sorted.
 * It ends: symbolic links aren't followed or, when they are, no folder is walked inside itself.
 */
export function* walkDirectory(place: Place): Generator<SourceEntry[], void, void> {
  const stack = [openFrame(place, { path: "", where: place.root })];
  try {
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const folder = top.waiting.shift();
      if (folder !== undefined) yield descend(place, folder, stack);
      else if (top.ended) yield leave(place, stack);
      else yield* advance(place, top);
    }
  } finally {
    stack.forEach(closeFrame);
  }
}

/** Goes into a sub-folder. One that can't be opened is an entry, not the end. */
function descend(place: Place, folder: SubFolder, stack: Frame[]): SourceEntry[] {
  if (stack.some(({ where }) => where === folder.where)) {
    return [{ kind: "skipped", path: folder.path, reason: "loop" }];
  }
  try {
    stack.push(openFrame(place, folder));
    return [];
  } catch (thrown) {
    return [faultyFolder(folder.path, thrown)];
  }
}

/**
 * Leaves a folder whose names have come to their end. One that was removed while it was read seems to end there, too: what
 * was still in it would be missing without a word.
 */
function leave(place: Place, stack: Frame[]): SourceEntry[] {
  const frame = stack.pop();
  if (frame === undefined) return [];
  closeFrame(frame);
  try {
    const now = lstatSync(frame.where);
    if (now.dev === frame.dev && now.ino === frame.ino) return [];
    throw new ExhibitError(
      "SOURCE_CHANGED",
      `${frame.path || place.root} was replaced by another folder while it was walked.`,
      { details: { path: frame.path || place.root } },
    );
  } catch (thrown) {
    return [broken(place, frame, thrown)];
  }
}

/** Gives the files of the folder's next batch, and notes its sub-folders. */
function* advance(place: Place, frame: Frame) {
  const { names, failure } = readNames(frame);
  const entries: SourceEntry[] = [];
  for (const name of names) {
    const looked = look(place, frame, name);
    if (looked.kind === "folder") frame.waiting.push(looked);
    else entries.push(looked);
  }
  yield entries;
  if (failure !== undefined) yield [broken(place, frame, failure)];
}

/** A source that breaks off is a failure of the whole; a sub-folder that does is one entry. */
function broken({ root }: Place, frame: Frame, thrown: unknown): SourceEntry {
  if (frame.path === "") throw sourceError(thrown, root);
  return faultyFolder(frame.path, thrown);
}

function look(place: Place, folder: Frame, name: Buffer): Looked {
  const text = decodeName(name);
  if (text === undefined) return invalidName(name, folder.path);
  const path = folder.path === "" ? text : `${folder.path}/${text}`;
  const where = join(folder.where, text);
  try {
    const stats = lstatSync(where);
    if (place.followSymlinks && stats.isSymbolicLink()) return lookBehind(place, where, path);
    return entryOf({ path, where }, stats);
  } catch (thrown) {
    return faulty(path, thrown);
  }
}

/** What lies below it, or is left there, has no entries, and nobody can tell how much it is. */
function faultyFolder(path: string, thrown: unknown) {
  return { ...faulty(path, thrown), folder: { files: null } };
}

function faulty(path: string, thrown: unknown) {
  return { kind: "faulty", path, error: sourceError(thrown, path) } as const;
}
