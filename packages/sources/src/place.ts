import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { ExhibitError } from "@exhibit/contracts";
import { isWithin } from "./roots.ts";

/** Where a source lies, and how far reading it may go. */
export interface Place {
  /** The source's real path. */
  readonly root: string;
  /**
   * Real paths: the source's root alone, or all that may be read when symbolic links are followed. What is read lies below
   * one of them.
   */
  readonly bounds: readonly string[];
  readonly followSymlinks: boolean;
}

/**
 * Where the file or folder `path` of the source is: by its text, or in reality when links are followed.
 *
 * @throws {ExhibitError} SOURCE_OUTSIDE_ROOTS; the file system's own errors as they come
 */
export async function placeOf(place: Place, path: string): Promise<string> {
  const where = join(place.root, path);
  return place.followSymlinks ? followed(place, where, path) : where;
}

/** Follows the links at and on the way to `where`, once, and gives the real path. Throws as `placeOf`. */
export async function followed({ bounds }: Place, where: string, path: string): Promise<string> {
  const real = await realpath(where);
  if (bounds.some((bound) => isWithin(bound, real))) return real;
  throw new ExhibitError(
    "SOURCE_OUTSIDE_ROOTS",
    `${path} is a symbolic link that leads out of the folders that may be read, to ${real}.`,
    { details: { path, target: real } },
  );
}
