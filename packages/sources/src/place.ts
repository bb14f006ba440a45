import { join } from "node:path";
import { ExhibitError } from "@exhibit/contracts/errors";
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

/** Where the file or folder `path` of the source is by its text. When links are followed, they may lead elsewhere. */
export function whereInPlace({ root }: Place, path: string): string {
  return join(root, path);
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
    `${path} is a symbolic link that leads out of the folders that may be read, to ${real}.`,
    { details: { path, target: real } },
  );
}
