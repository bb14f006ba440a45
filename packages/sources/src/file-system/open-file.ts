import { closeSync, constants, fstatSync, openSync, readSync, readvSync } from "node:fs";
import { ExhibitError } from "@exhibit/contracts/errors";
import type { FileStat } from "../source.ts";
import { sourceError } from "../source-error.ts";
import { checkUnchanged, statOf } from "./file-stat.ts";
import { showPath } from "./names.ts";
import { checkOpened, openedPath } from "./opened.ts";
import { followInPlace, type Place, whereInPlace } from "./place.ts";
import { onDisk, rawOf } from "./raw-paths.ts";

/**
 * O_NOFOLLOW: a file that was swapped for a symbolic link is refused.
 * O_NONBLOCK: opening one that was swapped for a FIFO returns at once instead of waiting for a
 * writer.
 */
const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * An open file that is read by blocking calls, which are made for a thread of their own. Whoever
 * opened it closes it.
 */
export interface OpenFile extends FileStat {
  /**
   * Fills `into` with the bytes from `at` on. With the last byte of the file, that byte has been
   * found to be the last, and size and time to be unchanged after it. Throws SOURCE_*.
   */
  read(into: Uint8Array, at: number): void;
  close(): void;
}

/** Opens the file at a path of the record; see `SourceReader.open`. */
export function openFile(place: Place, path: string, expected: FileStat | undefined): OpenFile {
  const shown = showPath(path, place.names);
  checkRelative(path, shown);
  let descriptor: number | undefined;
  try {
    const where = whereIs(place, path, shown);
    descriptor = openSync(onDisk(where), FLAGS);
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) throw notAFile(shown);
    checkOpened(openedPath(descriptor), stats, place, where, shown);
    const stat = statOf(stats);
    if (expected !== undefined) checkUnchanged(shown, expected, stat);
    return opened(descriptor, shown, stat);
  } catch (thrown) {
    if (descriptor !== undefined) closeSync(descriptor);
    throw sourceError(thrown, shown);
  }
}

function opened(descriptor: number, path: string, stat: FileStat): OpenFile {
  return {
    ...stat,
    read(into, at) {
      try {
        if (at + into.length < stat.size) fill(into, at, 0);
        else fillToEnd(into, at);
      } catch (thrown) {
        throw sourceError(thrown, path);
      }
    },
    close() {
      try {
        closeSync(descriptor);
      } catch (thrown) {
        throw sourceError(thrown, path);
      }
    },
  };

  function fill(into: Uint8Array, at: number, from: number): void {
    for (let filled = from; filled < into.length; ) {
      const read = readSync(descriptor, into, filled, into.length - filled, at + filled);
      if (read === 0) throw endedEarly(path, at + filled, at + into.length);
      filled += read;
    }
  }

  /**
   * Some file systems report sizes that aren't those of the bytes they return (in /proc, 0), so one
   * byte more than the size is asked for. The same call asks for it, which costs nothing: if it
   * returns all but that byte, it has met the end, as only there a read returns less than what was
   * asked for. When a file system returns less for no reason, a call of its own asks for the byte.
   */
  function fillToEnd(into: Uint8Array, at: number): void {
    const end = at + into.length;
    let read = readvSync(descriptor, [into, beyond], at);
    if (read < into.length) {
      fill(into, at, read);
      read = into.length + readSync(descriptor, beyond, 0, 1, end);
    }
    checkUnchanged(path, stat, statOf(fstatSync(descriptor)));
    if (read > into.length) throw goesOn(path, stat.size);
  }
}

/** Takes the byte that shouldn't be there. */
const beyond = new Uint8Array(1);

/** Checks that a path is one that a walk yields; any other could name what lies outside. */
function checkRelative(path: string, called: string): void {
  const raw = rawOf(path);
  const parts = raw.split("/");
  if (!raw.includes("\0") && parts.every((part) => part !== "" && part !== "." && part !== "..")) {
    return;
  }
  const shown = called.replaceAll("\0", "\\0");
  throw new ExhibitError("SOURCE_OUTSIDE_ROOTS", `${shown} isn't a path below the source.`, {
    details: { path: shown },
  });
}

function whereIs(place: Place, path: string, shown: string): string {
  const where = whereInPlace(place, path);
  return place.followSymlinks ? followInPlace(place, where, shown) : where;
}

function notAFile(path: string): ExhibitError {
  return new ExhibitError("SOURCE_UNREADABLE", `${path} is no longer a file.`, {
    details: { path },
  });
}

function endedEarly(path: string, ended: number, wanted: number): ExhibitError {
  return new ExhibitError(
    "SOURCE_CHANGED",
    `${path} has changed: it ended at byte ${ended} while bytes up to ${wanted} were read.`,
    { details: { path, ended_at: ended, wanted } },
  );
}

function goesOn(path: string, size: number): ExhibitError {
  return new ExhibitError(
    "SOURCE_CHANGED",
    `${path} has more than the ${size} bytes that its size says. If nobody is writing to it, its file system doesn't know ` +
      "the sizes of its files: copy it to a disk and import the copy.",
    { details: { path, size } },
  );
}
