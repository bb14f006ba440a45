import { closeSync, constants, type Dir, fstatSync, opendirSync, openSync } from "node:fs";
import { showPath } from "../file-system/names.ts";
import { checkOpened, descriptorPath, openedPath } from "../file-system/opened.ts";
import type { Place } from "../file-system/place.ts";
import { onDisk, showRaw } from "../file-system/raw-paths.ts";
import { sourceError } from "../source-error.ts";
import type { RefusedFolder } from "./refused-names.ts";

/** Names are read from a folder this many at a time. */
const BATCH = 64;

/** A folder below the source. */
export interface SubFolder {
  /** Relative to the source; empty for the source itself. */
  readonly path: string;
  /** Its real path, raw. */
  readonly where: string;
  /** The folder whose name is refused: this one, or one that it lies below. */
  readonly refused?: RefusedFolder | undefined;
}

/** A folder that is being read. */
export interface OpenFolder extends SubFolder {
  readonly dir: Dir;
  /** Device and inode of what was opened. */
  readonly dev: number;
  readonly ino: number;
  /** Sub-folders that are still to be walked: those of one batch at most. */
  waiting: SubFolder[];
  /** No more names will come from it. */
  ended: boolean;
}

/** @throws {ExhibitError} SOURCE_* */
export function openFolder(place: Place, folder: SubFolder): OpenFolder {
  const { where } = folder;
  const shown = showFolder(place, folder);
  let descriptor: number | undefined;
  let dir: Dir | undefined;
  try {
    descriptor = openSync(onDisk(where), constants.O_RDONLY | constants.O_DIRECTORY);
    const opened = openedPath(descriptor);
    dir = openNames(opened === undefined ? onDisk(where) : descriptorPath(descriptor));
    const stats = fstatSync(descriptor);
    // A link that was put in the folder's place a moment ago has been followed.
    checkOpened(opened, stats, place, where, shown);
    return { ...folder, dir, dev: stats.dev, ino: stats.ino, waiting: [], ended: false };
  } catch (thrown) {
    dir?.closeSync();
    throw sourceError(thrown, shown);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** Returns what messages call a folder. */
export function showFolder({ names }: Place, { path, where }: SubFolder): string {
  return path === "" ? showRaw(where) : showPath(path, names);
}

/**
 * Opens a folder whose names are read as bytes: Node would decode one that isn't UTF-8 into another
 * name.
 */
function openNames(path: string | Buffer): Dir {
  // The types know only text encodings; Node takes "buffer" as for readdir, and then names are
  // Buffers.
  const encoding = "buffer" as BufferEncoding;
  return opendirSync(path, { encoding, bufferSize: BATCH });
}

export function closeFolder(folder: OpenFolder): void {
  try {
    folder.dir.closeSync();
  } catch {
    // Nothing was written through it, so a handle that fails to close has lost nothing.
  }
}

/**
 * Returns the next batch of names; with `failure` when the folder can't be read on, which ends it.
 */
export function readNames(folder: OpenFolder): { names: Buffer[]; failure?: unknown } {
  const names: Buffer[] = [];
  try {
    while (names.length < BATCH && !folder.ended) {
      const entry = folder.dir.readSync();
      if (entry === null) folder.ended = true;
      else names.push(entry.name as unknown as Buffer);
    }
    return { names };
  } catch (failure) {
    folder.ended = true;
    return { names, failure };
  }
}
