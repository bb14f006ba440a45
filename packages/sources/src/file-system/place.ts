import { readlinkSync } from "node:fs";
import { isAbsolute, join, relative, sep } from "node:path";
import { ExhibitError } from "@exhibit/contracts/errors";
import type { NameEncoding } from "@exhibit/contracts/names";
import { onDisk, rawOf, rawPath, realPathOf } from "./raw-paths.ts";
import { isWithin } from "./within.ts";

/**
 * A folder of this machine's file system that is read, how far reading may go, and how names are
 * read. Its paths are raw: see raw-paths.ts.
 */
export interface Place {
  /** The folder's real path. */
  readonly root: string;
  /**
   * Real paths, below one of which everything lies that is read: `root` alone or, when symbolic
   * links are followed, all that may be read.
   */
  readonly bounds: readonly string[];
  readonly followSymlinks: boolean;
  /** The encoding of names that aren't UTF-8; undefined where they aren't taken. */
  readonly names?: NameEncoding | undefined;
}

/**
 * Returns where the file or folder at a path of the record lies by its name. Links on the way,
 * where they are followed, may lead elsewhere.
 */
export function whereInPlace({ root }: Pick<Place, "root">, path: string): string {
  return join(root, rawOf(path));
}

/**
 * Returns where a file or folder really lies, with every symbolic link on the way to it followed.
 *
 * @param where what `whereInPlace` returns
 * @param path what the message names
 * @throws {ExhibitError} SOURCE_OUTSIDE_ROOTS when the way leads out of the bounds, which says
 * neither where to nor whether anything is there
 * @throws the file system's own error when the way stays inside and leads nowhere
 */
export function followInPlace(place: Place, where: string, path: string): string {
  let real: string;
  try {
    real = realPathOf(where);
  } catch (thrown) {
    if (leavesBounds(place, where)) throw leadsOutside(path);
    throw thrown;
  }
  if (!isInBounds(place, real)) throw leadsOutside(path);
  return real;
}

/** Returns whether a real path may be read. */
export function isInBounds({ bounds }: Pick<Place, "bounds">, path: string): boolean {
  return bounds.some((bound) => isWithin(bound, path));
}

function leadsOutside(path: string): ExhibitError {
  return new ExhibitError(
    "SOURCE_OUTSIDE_ROOTS",
    `${path} is a symbolic link that leads out of the folders that may be read.`,
    { details: { path } },
  );
}

/** Linux follows as many. */
const MAX_LINKS = 40;

/**
 * Returns whether a way that breaks off leaves the bounds before. Nothing outside them is looked
 * at: the folders above a bound can't be links, as bounds are real paths.
 */
export function leavesBounds(place: Pick<Place, "root" | "bounds">, where: string): boolean {
  const { bounds } = place;
  let at = place.root;
  let left = relative(at, where).split(sep);
  for (let links = 0; links <= MAX_LINKS; ) {
    const [part, ...rest] = left;
    if (part === undefined) return !isInBounds(place, at);
    // `at` has no link in it, so `..` leads to the folder that its text names.
    const next = join(at, part);
    const isInside = isInBounds(place, next);
    if (!isInside && !bounds.some((bound) => isWithin(next, bound))) return true;
    const target = isInside ? linkAt(next) : undefined;
    if (target === undefined) {
      at = next;
      left = rest;
      continue;
    }
    links += 1;
    if (isAbsolute(target)) at = sep;
    left = [...target.split(sep), ...rest];
  }
  return false;
}

/** Returns the target of the symbolic link at `where`; undefined where there is none. */
function linkAt(where: string): string | undefined {
  try {
    return rawPath(readlinkSync(onDisk(where), "buffer"));
  } catch {
    return undefined;
  }
}
