import { join } from "node:path";
import { ExhibitError } from "@exhibit/contracts/errors";
import type { NameEncoding } from "@exhibit/contracts/names";
import { rawOf, showRaw } from "./raw-paths.ts";
import { isWithin } from "./roots.ts";

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
export function whereInPlace({ root }: Place, path: string): string {
  return join(root, rawOf(path));
}

/**
 * Checks that the links on the way to `path`, followed to the path `real`, led to what may be read.
 *
 * @throws {ExhibitError} SOURCE_OUTSIDE_ROOTS
 */
export function checkInBounds({ bounds }: Place, real: string, path: string): void {
  if (bounds.some((bound) => isWithin(bound, real))) return;
  throw new ExhibitError(
    "SOURCE_OUTSIDE_ROOTS",
    `${path} is a symbolic link that leads out of the folders that may be read, to ${showRaw(real)}.`,
    { details: { path, target: showRaw(real) } },
  );
}
