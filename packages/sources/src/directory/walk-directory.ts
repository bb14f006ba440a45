import { lstatSync } from "node:fs";
import { join } from "node:path";
import { ExhibitError } from "@exhibit/contracts/errors";
import { isWrittenOut } from "@exhibit/contracts/names";
import { decodeName, pathBelow, showPath, textOf } from "../file-system/names.ts";
import type { Place } from "../file-system/place.ts";
import { onDisk, rawName } from "../file-system/raw-paths.ts";
import type { SourceEntry } from "../source.ts";
import { sourceError } from "../source-error.ts";
import { entryOf, type Looked, lookBehind } from "./entry.ts";
import {
  closeFrame,
  type Frame,
  openFrame,
  readNames,
  type SubFolder,
  showFolder,
} from "./open-folder.ts";
import { countBelow, refusedFile, refusedFolder } from "./refused-names.ts";

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
    return isInRefused(folder, stack)
      ? []
      : [{ kind: "skipped", path: folder.path, reason: "loop" }];
  }
  try {
    stack.push(openFrame(place, folder));
    return [];
  } catch (thrown) {
    return ended(place, folder, stack, [faultyFolder(place, folder, thrown)]);
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
    const now = lstatSync(onDisk(frame.where));
    if (now.dev === frame.dev && now.ino === frame.ino) return ended(place, frame, stack, []);
    const shown = showFolder(place, frame);
    const message = `${shown} was replaced by another folder while it was walked.`;
    throw new ExhibitError("SOURCE_CHANGED", message, { details: { path: shown } });
  } catch (thrown) {
    return ended(place, frame, stack, [broken(place, frame, thrown)]);
  }
}

/** What the walk of a folder ends with. Of one that isn't taken, that is how much lies below it. */
function ended(
  place: Place,
  folder: SubFolder,
  above: readonly Frame[],
  entries: SourceEntry[],
): SourceEntry[] {
  const taken = unlessRefused(folder, entries);
  const { refused } = folder;
  if (refused === undefined || isInRefused(folder, above)) return taken;
  return [refusedFolder(refused, place.names)];
}

/** Whether a folder isn't taken because the one that it lies in isn't. */
function isInRefused({ refused }: SubFolder, above: readonly Frame[]): boolean {
  return refused !== undefined && above.at(-1)?.refused === refused;
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
  yield unlessRefused(frame, entries);
  if (failure !== undefined) yield unlessRefused(frame, [broken(place, frame, failure)]);
}

/** Entries that a folder has, if it is taken; else they are counted. */
function unlessRefused({ refused }: SubFolder, entries: SourceEntry[]): SourceEntry[] {
  if (refused === undefined) return entries;
  countBelow(refused, entries);
  return [];
}

/** A source that breaks off is a failure of the whole; a sub-folder that does is one entry. */
function broken(place: Place, frame: Frame, thrown: unknown): SourceEntry {
  if (frame.path === "") throw sourceError(thrown, showFolder(place, frame));
  return faultyFolder(place, frame, thrown);
}

function look(place: Place, folder: Frame, name: Buffer): Looked {
  const text = decodeName(name);
  const path = pathBelow(folder.path, name, text);
  const where = join(folder.where, text ?? rawName(name));
  try {
    const stats = lstatSync(onDisk(where));
    const looked =
      place.followSymlinks && stats.isSymbolicLink()
        ? lookBehind(place, where, path)
        : entryOf({ path, where }, stats);
    return isWrittenOut(path) ? taken(place, folder, name, looked) : looked;
  } catch (thrown) {
    return faulty(place, path, thrown);
  }
}

/** What becomes of something whose path isn't all UTF-8. */
function taken(place: Place, { refused }: Frame, name: Buffer, looked: Looked): Looked {
  if (refused !== undefined) return looked.kind === "folder" ? { ...looked, refused } : looked;
  const { path } = looked;
  if (textOf(path, place.names) !== undefined) return looked;
  if (looked.kind === "file") return refusedFile(path, name, place.names);
  if (looked.kind !== "folder") return looked;
  return { ...looked, refused: { path, name, files: 0, bytes: 0, isPartial: false } };
}

/** What lies below it, or is left there, has no entries, and nobody can tell how much it is. */
function faultyFolder(place: Place, folder: SubFolder, thrown: unknown) {
  return { ...faulty(place, folder.path, thrown), folder: { files: null } };
}

function faulty({ names }: Place, path: string, thrown: unknown) {
  return { kind: "faulty", path, error: sourceError(thrown, showPath(path, names)) } as const;
}
