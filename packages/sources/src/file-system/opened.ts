import { lstatSync, readlinkSync, type Stats } from "node:fs";
import { ExhibitError } from "@exhibit/contracts/errors";
import { checkUnmoved } from "./confine.ts";
import { isInBounds, type Place } from "./place.ts";
import { onDisk, rawPath, realPathOf } from "./raw-paths.ts";

/** Where Linux has what is open; opening this path opens the same file or folder once more. */
export function descriptorPath(descriptor: number): string {
  return `/proc/self/fd/${descriptor}`;
}

/**
 * Returns the raw path at which the operating system has what is open; undefined where it doesn't
 * say so, as only Linux does. Of what was deleted it is a path that isn't there.
 */
export function openedPath(descriptor: number): string | undefined {
  try {
    const own = descriptorPath(descriptor);
    const path = readlinkSync(own);
    return path.includes("\ufffd") ? rawPath(readlinkSync(own, "buffer")) : path;
  } catch {
    return undefined;
  }
}

/**
 * Checks that what was opened lies at `where`. A path can be looked at before and after opening, and
 * lead elsewhere only in between, so the operating system is asked where it has what is open. It may
 * call that by another name (some file systems don't tell upper from lower case): then nothing
 * outside of the bounds is taken, and device and inode have to be those of what lies at `where`.
 *
 * @param opened what `openedPath` returns
 * @param stats of what is open
 * @param where an absolute, raw path that was real a moment ago
 * @param path what messages name
 * @throws {ExhibitError} SOURCE_OUTSIDE_ROOTS, SOURCE_CHANGED
 * @throws the file system's own error
 */
export function checkOpened(
  opened: string | undefined,
  stats: Stats,
  place: Pick<Place, "bounds">,
  where: string,
  path: string,
): void {
  if (opened === where) return;
  if (opened !== undefined && !isInBounds(place, opened)) {
    checkUnmoved(opened, where, place.bounds, path);
  }
  checkUnmoved(realPathOf(where), where, place.bounds, path);
  const there = lstatSync(onDisk(where));
  if (there.dev === stats.dev && there.ino === stats.ino) return;
  throw new ExhibitError("SOURCE_CHANGED", `${path} was replaced while it was opened.`, {
    details: { path },
  });
}
