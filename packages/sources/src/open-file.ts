import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, open } from "node:fs/promises";
import { ExhibitError } from "@exhibit/contracts";
import { confine } from "./confine.ts";
import { checkUnchanged, factsOf } from "./file-facts.ts";
import { type Place, placeOf } from "./place.ts";
import { readRange } from "./read-range.ts";
import type { FileFacts, OpenFile } from "./source.ts";
import { sourceError } from "./source-error.ts";

/**
 * O_NOFOLLOW: a file swapped for a symbolic link is refused.
 * O_NONBLOCK: opening a file swapped for a FIFO returns at once instead of waiting for a writer.
 */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Opens the file `path` of the source; see `SourceReader.open`. */
export async function openFile(
  place: Place,
  path: string,
  expected: FileFacts | undefined,
): Promise<OpenFile> {
  checkRelative(path);
  const inSource = (thrown: unknown) => {
    throw sourceError(thrown, path);
  };
  const where = await placeOf(place, path).catch(inSource);
  const handle = await open(where, FLAGS).catch(inSource);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw notAFile(path);
    await checkPlace(place, where, path, stats);
    const facts = factsOf(stats);
    if (expected !== undefined) checkUnchanged(path, expected, facts);
    return opened(handle, path, facts);
  } catch (thrown) {
    await handle.close();
    throw sourceError(thrown, path);
  }
}

function opened(handle: FileHandle, path: string, facts: FileFacts): OpenFile {
  return {
    ...facts,
    read: (start, end) => readRange({ handle, path, facts, start, end }),
    close: async () => {
      await handle.close().catch((thrown: unknown) => {
        throw sourceError(thrown, path);
      });
    },
  };
}

/** A path from the ledger is a walk's; anything else could name what lies outside. */
function checkRelative(path: string): void {
  const parts = path.split("/");
  if (!path.includes("\0") && parts.every((part) => part !== "" && part !== "." && part !== "..")) {
    return;
  }
  const shown = path.replaceAll("\0", "\\0");
  throw new ExhibitError("SOURCE_OUTSIDE_ROOTS", `${shown} isn't a path below the source.`, {
    details: { path: shown },
  });
}

/**
 * Checks that what was opened is what lies at `where`. It is done after opening, and by inode, so that
 * a folder that was a symbolic link only for the moment of opening is found out too.
 */
async function checkPlace(
  { bounds }: Place,
  where: string,
  path: string,
  opened: Stats,
): Promise<void> {
  await confine(where, bounds, path);
  const there = await lstat(where);
  if (there.dev === opened.dev && there.ino === opened.ino) return;
  throw new ExhibitError("SOURCE_CHANGED", `${path} was replaced while it was opened.`, {
    details: { path },
  });
}

function notAFile(path: string): ExhibitError {
  return new ExhibitError("SOURCE_UNREADABLE", `${path} is no longer a file.`, {
    details: { path },
  });
}
