import { type Dir, lstatSync, opendirSync } from "node:fs";
import { checkUnmoved } from "../file-system/confine.ts";
import { showPath } from "../file-system/names.ts";
import type { Place } from "../file-system/place.ts";
import { onDisk, realPathOf, showRaw } from "../file-system/raw-paths.ts";
import { sourceError } from "../source-error.ts";
import type { RefusedFolder } from "./refused-names.ts";

/** Names taken from a folder at a time. */
const BATCH = 64;

/** A folder below the source. */
export interface SubFolder {
  /** Relative to the source; empty for the source itself. */
  readonly path: string;
  /** Its real path, raw. */
  readonly where: string;
  /** What it is or lies below, where nothing is taken. */
  readonly refused?: RefusedFolder | undefined;
}

/** A folder that is being read. `waiting` holds at most one batch's sub-folders. */
export interface Frame extends SubFolder {
  readonly dir: Dir;
  /** Device and inode: what was opened. */
  readonly dev: number;
  readonly ino: number;
  waiting: SubFolder[];
  /** No more names will come from it. */
  ended: boolean;
}

/** @throws {ExhibitError} SOURCE_* */
export function openFrame(place: Place, folder: SubFolder): Frame {
  const { where } = folder;
  const shown = showFolder(place, folder);
  let dir: Dir | undefined;
  try {
    dir = openNames(where);
    // opendir follows a link that was put in the folder's place a moment ago.
    checkUnmoved(realPathOf(where), where, place.bounds, shown);
    const { dev, ino } = lstatSync(onDisk(where));
    return { ...folder, dir, dev, ino, waiting: [], ended: false };
  } catch (thrown) {
    dir?.closeSync();
    throw sourceError(thrown, shown);
  }
}

/** What messages call a folder. */
export function showFolder({ names }: Place, { path, where }: SubFolder): string {
  return path === "" ? showRaw(where) : showPath(path, names);
}

/** Names as bytes: decoded by Node, a name that isn't UTF-8 would silently become another one. */
function openNames(where: string): Dir {
  // The types know only text encodings; Node takes "buffer" as for readdir, and then names are Buffers.
  const encoding = "buffer" as BufferEncoding;
  return opendirSync(onDisk(where), { encoding, bufferSize: BATCH });
}

export function closeFrame(frame: Frame): void {
  try {
    frame.dir.closeSync();
  } catch {
    // Nothing was written through it: a handle that doesn't close well has lost nothing.
  }
}

/** The next batch; with `failure` when the folder can't be read on, and then it has ended. */
export function readNames(frame: Frame): { names: Buffer[]; failure?: unknown } {
  const names: Buffer[] = [];
  try {
    while (names.length < BATCH && !frame.ended) {
      const entry = frame.dir.readSync();
      if (entry === null) frame.ended = true;
      else names.push(entry.name as unknown as Buffer);
    }
    return { names };
  } catch (failure) {
    frame.ended = true;
    return { names, failure };
  }
}
