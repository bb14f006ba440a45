import type { Dir } from "node:fs";
import { lstat, opendir, realpath } from "node:fs/promises";
import { checkUnmoved } from "./confine.ts";
import type { Place } from "./place.ts";
import { sourceError } from "./source-error.ts";

/** Names taken from a folder at a time, and `lstat` calls at once. More gained nothing: libuv has 4 threads. */
const BATCH = 64;

/** A folder below the source. */
export interface SubFolder {
  /** Relative to the source; empty for the source itself. */
  readonly path: string;
  /** Its real path. */
  readonly where: string;
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
export async function openFrame(place: Place, { path, where }: SubFolder): Promise<Frame> {
  let dir: Dir | undefined;
  try {
    dir = await openNames(where);
    // opendir follows a link that was put in the folder's place a moment ago.
    checkUnmoved(await realpath(where), where, place.bounds, path || where);
    const { dev, ino } = await lstat(where);
    return { dir, path, where, dev, ino, waiting: [], ended: false };
  } catch (thrown) {
    await dir?.close();
    throw sourceError(thrown, path || where);
  }
}

/** Names as bytes: decoded by Node, a name that isn't UTF-8 would silently become another one. */
function openNames(path: string): Promise<Dir> {
  // The types know only text encodings; Node takes "buffer" as for readdir, and then names are Buffers.
  const encoding = "buffer" as BufferEncoding;
  return opendir(path, { encoding, bufferSize: BATCH });
}

export async function closeFrame(frame: Frame): Promise<void> {
  // Nothing was written through it: a handle that doesn't close well has lost nothing.
  await frame.dir.close().catch(() => undefined);
}

/** The next batch; with `failure` when the folder can't be read on, and then it has ended. */
export async function readNames(frame: Frame): Promise<{ names: Buffer[]; failure?: unknown }> {
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
