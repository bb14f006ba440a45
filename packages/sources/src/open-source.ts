import { stat } from "node:fs/promises";
import { ExhibitError, type Source } from "@exhibit/contracts";
import { openFile } from "./open-file.ts";
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
  const root = await locateSource(source.path, roots);
  await checkFolder(root, source.path);
  return {
    walk: ({ signal }) => walkDirectory(root, signal),
    open: (path, expected) => openFile(root, path, expected),
  };
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
