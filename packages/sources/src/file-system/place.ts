import { readlinkSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { ExhibitError } from "@exhibit/contracts/errors";
import type { NameEncoding } from "@exhibit/contracts/names";
import { onDisk, rawOf, rawPath, realPathOf } from "./raw-paths.ts";
import { isWithin } from "./within.ts";

/** Where a source lies, how far reading it may go, and how its names are read. Its paths are raw. */
export interface Place {
  /** The source's real path. */
  readonly root: string;
  /**
   * Real paths: the source's root alone, or all that may be read when symbolic links are followed. What is read lies below
   * one of them.
   */
  readonly bounds: readonly string[];
  readonly followSymlinks: boolean;
  /** What names are in that aren't UTF-8; undefined where they aren't taken. */
  readonly names?: NameEncoding | undefined;
}

/** Where the file or folder `path` of the source is by its name. When links are followed, they may lead elsewhere. */
export function whereInPlace({ root }: Pick<Place, "root">, path: string): string {
  return join(root, rawOf(path));
}

/**
 * Where a file or folder really lies, with every symbolic link on the way to it followed.
 *
 * @param where what `whereInPlace` gives
 * @param path what the message names
 * @throws {ExhibitError} SOURCE_OUTSIDE_ROOTS, of which nothing tells where the way led, or whether anything is there; what the
 * file system says of a way that stays inside
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

/** Whether a real path may be read. */
export function isInBounds({ bounds }: Place, path: string): boolean {
  return bounds.some((bound) => isWithin(bound, path));
}

function leadsOutside(path: string): ExhibitError {
  return new ExhibitError(
    "SOURCE_OUTSIDE_ROOTS",
    `${path} is a symbolic link that leads out of the folders that may be read.`,
    { details: { path } },
  );
}

/** As many as Linux follows. */
const MOST_LINKS = 40;

/** Whether a way that breaks off has left what may be read before it does. Nothing outside is looked at. */
function leavesBounds(place: Place, where: string): boolean {
  let at = place.root;
  let left = relative(at, where).split(sep);
  for (let links = 0; links <= MOST_LINKS; ) {
    const [part, ...rest] = left;
    if (part === undefined) return false;
    const next = join(at, part);
    if (!isInBounds(place, next)) return true;
    const target = linkAt(next);
    if (target === undefined) {
      at = next;
      left = rest;
      continue;
    }
    links += 1;
    const there = resolve(at, target);
    const bound = place.bounds.find((one) => isWithin(one, there));
    if (bound === undefined) return true;
    // From the bound on, as links may lie between it and there.
    at = bound;
    left = [...relative(bound, there).split(sep).filter(Boolean), ...rest];
  }
  return false;
}

/** What the symbolic link at `where` says; undefined where there is none. */
function linkAt(where: string): string | undefined {
  try {
    return rawPath(readlinkSync(onDisk(where), "buffer"));
  } catch {
    return undefined;
  }
}
