import { lstat, realpath, stat } from "node:fs/promises";
import { ExhibitError, type Source } from "@exhibit/contracts";
import { isInBounds, type Place, whereInPlace } from "../file-system/place.ts";
import { onDisk, rawPath } from "../file-system/raw-paths.ts";
import { checkSource, locateSource } from "../file-system/roots.ts";
import type { SourceReader } from "../source.ts";
import { sourceError } from "../source-error.ts";
import { createWalkers } from "../threads/walker-pool.ts";

const walkers = createWalkers();

/**
 * Opens a source. It holds nothing open: there is nothing to close.
 *
 * @param roots absolute paths; the source must lie below one of them, by its text and in reality
 * @throws {ExhibitError} SOURCE_OUTSIDE_ROOTS, SOURCE_NOT_FOUND; SOURCE_UNREADABLE, also when it is no folder; SOURCE_IO
 */
export async function openSource(source: Source, roots: readonly string[]): Promise<SourceReader> {
  checkSource(source, roots);
  const place = await locateSource(source, roots);
  await checkFolder(place.root, source.path);
  return {
    walk: (options) => walkers.walk(place, options),
    place,
    isFolder: (path) => isFolder(place, path),
  };
}

async function isFolder(place: Place, path: string): Promise<boolean> {
  try {
    const where = onDisk(whereInPlace(place, path));
    if (!place.followSymlinks) return (await lstat(where)).isDirectory();
    const real = await realpath(where, "buffer");
    return isInBounds(place, rawPath(real)) && (await lstat(real)).isDirectory();
  } catch {
    return false;
  }
}

async function checkFolder(root: string, path: string): Promise<void> {
  const stats = await stat(onDisk(root)).catch((thrown: unknown) => {
    throw sourceError(thrown, path);
  });
  if (stats.isDirectory()) return;
  throw new ExhibitError("SOURCE_UNREADABLE", `The source ${path} isn't a folder.`, {
    details: { path },
  });
}
