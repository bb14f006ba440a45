import { lstat, stat } from "node:fs/promises";
import { ExhibitError, type Source } from "@exhibit/contracts";
import { openFile } from "./open-file.ts";
import { type Place, placeOf } from "./place.ts";
import { checkSource, locateSource } from "./roots.ts";
import type { SourceReader } from "./source.ts";
import { sourceError } from "./source-error.ts";
import { walkDirectory } from "./walk-directory.ts";

/**
 * Opens a source for reading. It holds nothing open: there is nothing to close but what `open` gave.
 *
 * @param roots absolute paths; the source must lie below one of them, by its text and in reality
 * @throws {ExhibitError} SOURCE_OUTSIDE_ROOTS, SOURCE_NOT_FOUND; SOURCE_UNREADABLE, also when it is no folder; SOURCE_IO
 */
export async function openSource(source: Source, roots: readonly string[]): Promise<SourceReader> {
  checkSource(source, roots);
  const place = await locateSource(source, roots);
  await checkFolder(place.root, source.path);
  return {
    walk: ({ signal }) => walkDirectory(place, signal),
    open: (path, expected) => openFile(place, path, expected),
    isFolder: (path) => isFolder(place, path),
  };
}

async function isFolder(place: Place, path: string): Promise<boolean> {
  try {
    return (await lstat(await placeOf(place, path))).isDirectory();
  } catch {
    return false;
  }
}

async function checkFolder(root: string, path: string): Promise<void> {
  const stats = await stat(root).catch((thrown: unknown) => {
    throw sourceError(thrown, path);
  });
  if (stats.isDirectory()) return;
  throw new ExhibitError("SOURCE_UNREADABLE", `The source ${path} isn't a folder.`, {
    details: { path },
  });
}
