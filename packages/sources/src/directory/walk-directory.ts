import { lstatSync } from "node:fs";
import { join } from "node:path";
import { ExhibitError } from "@exhibit/contracts/errors";
import { isWrittenOut } from "@exhibit/contracts/names";
import { decodeName, pathBelow, showPath, textOf } from "../file-system/names.ts";
import type { Place } from "../file-system/place.ts";
import { onDisk, rawName } from "../file-system/raw-paths.ts";
import type { SourceEntry } from "../source.ts";
import { sourceError } from "../source-error.ts";
import { entryBehindLink, entryOf, type FolderEntry } from "./entry.ts";
import {
  closeFolder,
  type OpenFolder,
  openFolder,
  readNames,
  type SubFolder,
  showFolder,
} from "./open-folder.ts";
import { countBelow, refusedFile, refusedFolder } from "./refused-names.ts";

/**
 * Walks the tree below the source's root, depth first: the files of each batch of names come first,
 * then each sub-folder whole. It makes blocking calls, for a thread of its own. Each step yields
 * what it met, which may be nothing.
 *
 * Memory is one batch for each level that is open, whatever the size of a folder: names are never
 * collected or sorted. The walk ends, as symbolic links aren't followed or, where they are, no
 * folder is walked inside itself.
 */
export function* walkDirectory(place: Place): Generator<SourceEntry[], void, void> {
  const stack = [openFolder(place, { path: "", where: place.root })];
  try {
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const folder = top.waiting.shift();
      if (folder !== undefined) yield descend(place, folder, stack);
      else if (top.ended) yield leave(place, stack);
      else yield* advance(place, top);
    }
  } finally {
    stack.forEach(closeFolder);
  }
}

/** Goes into a sub-folder. One that can't be opened becomes an entry, and the walk goes on. */
function descend(place: Place, folder: SubFolder, stack: OpenFolder[]): SourceEntry[] {
  if (stack.some(({ where }) => where === folder.where)) {
    return isInRefused(folder, stack)
      ? []
      : [{ kind: "skipped", path: folder.path, reason: "loop" }];
  }
  try {
    stack.push(openFolder(place, folder));
    return [];
  } catch (thrown) {
    return ended(place, folder, stack, [faultyFolder(place, folder, thrown)]);
  }
}

/**
 * Leaves a folder whose names have come to their end. One that was removed while it was read seems
 * to end there, too, and what was still in it would be lost without a word.
 */
function leave(place: Place, stack: OpenFolder[]): SourceEntry[] {
  const folder = stack.pop();
  if (folder === undefined) return [];
  closeFolder(folder);
  try {
    const now = lstatSync(onDisk(folder.where));
    if (now.dev === folder.dev && now.ino === folder.ino) return ended(place, folder, stack, []);
    const shown = showFolder(place, folder);
    const message = `${shown} was replaced by another folder while it was walked.`;
    throw new ExhibitError("SOURCE_CHANGED", message, { details: { path: shown } });
  } catch (thrown) {
    return ended(place, folder, stack, [broken(place, folder, thrown)]);
  }
}

/**
 * Returns what a folder's walk ends with: for one whose name is refused, how much lies below it.
 */
function ended(
  place: Place,
  folder: SubFolder,
  above: readonly OpenFolder[],
  entries: SourceEntry[],
): SourceEntry[] {
  const taken = unlessRefused(folder, entries);
  const { refused } = folder;
  if (refused === undefined || isInRefused(folder, above)) return taken;
  return [refusedFolder(refused, place.names)];
}

/** Returns whether a folder isn't taken because the one that it lies in isn't. */
function isInRefused({ refused }: SubFolder, above: readonly OpenFolder[]): boolean {
  return refused !== undefined && above.at(-1)?.refused === refused;
}

/** Yields the files of the folder's next batch, and notes its sub-folders. */
function* advance(place: Place, folder: OpenFolder) {
  const { names, failure } = readNames(folder);
  const entries: SourceEntry[] = [];
  for (const name of names) {
    const entry = inspect(place, folder, name);
    if (entry.kind === "folder") folder.waiting.push(entry);
    else entries.push(entry);
  }
  yield unlessRefused(folder, entries);
  if (failure !== undefined) yield unlessRefused(folder, [broken(place, folder, failure)]);
}

/** Returns the entries of a folder that is taken; those of any other are only counted. */
function unlessRefused({ refused }: SubFolder, entries: SourceEntry[]): SourceEntry[] {
  if (refused === undefined) return entries;
  countBelow(refused, entries);
  return [];
}

/** A source that breaks off fails as a whole; a sub-folder that does is one entry. */
function broken(place: Place, folder: OpenFolder, thrown: unknown): SourceEntry {
  if (folder.path === "") throw sourceError(thrown, showFolder(place, folder));
  return faultyFolder(place, folder, thrown);
}

function inspect(place: Place, folder: OpenFolder, name: Buffer): FolderEntry {
  const text = decodeName(name);
  const path = pathBelow(folder.path, name, text);
  const where = join(folder.where, text ?? rawName(name));
  try {
    const stats = lstatSync(onDisk(where));
    const entry =
      place.followSymlinks && stats.isSymbolicLink()
        ? entryBehindLink(place, where, path)
        : entryOf({ path, where }, stats);
    return isWrittenOut(path) ? withoutRefused(place, folder, name, entry) : entry;
  } catch (thrown) {
    return faulty(place, path, thrown);
  }
}

/** Returns what becomes of an entry whose path isn't all UTF-8: it may have to be refused. */
function withoutRefused(
  place: Place,
  { refused }: OpenFolder,
  name: Buffer,
  entry: FolderEntry,
): FolderEntry {
  if (refused !== undefined) return entry.kind === "folder" ? { ...entry, refused } : entry;
  const { path } = entry;
  if (textOf(path, place.names) !== undefined) return entry;
  if (entry.kind === "file") return refusedFile(path, name, place.names);
  if (entry.kind !== "folder") return entry;
  return { ...entry, refused: { path, name, files: 0, bytes: 0, isPartial: false } };
}

/**
 * Nothing that lies below it, or is left there, has an entry, and nobody can tell how much it is.
 */
function faultyFolder(place: Place, folder: SubFolder, thrown: unknown) {
  return { ...faulty(place, folder.path, thrown), folder: { files: null } };
}

function faulty({ names }: Place, path: string, thrown: unknown) {
  return { kind: "faulty", path, error: sourceError(thrown, showPath(path, names)) } as const;
}
