import { lstatSync, type Stats } from "node:fs";
import type { SkippedAs } from "@exhibit/contracts";
import { ExhibitError } from "@exhibit/contracts/errors";
import { statOf } from "../file-system/file-stat.ts";
import { showPath } from "../file-system/names.ts";
import { followInPlace, type Place } from "../file-system/place.ts";
import { onDisk } from "../file-system/raw-paths.ts";
import type { SourceEntry } from "../source.ts";
import { errnoOf } from "../source-error.ts";
import type { SubFolder } from "./open-folder.ts";

/** What a name in a folder stands for. */
export type FolderEntry = SourceEntry | ({ readonly kind: "folder" } & SubFolder);

export function entryOf({ path, where }: SubFolder, stats: Stats): FolderEntry {
  if (stats.isFile()) return { kind: "file", path, ...statOf(stats) };
  if (stats.isDirectory()) return { kind: "folder", path, where };
  return { kind: "skipped", path, reason: reasonOf(stats) };
}

function reasonOf(stats: Stats): SkippedAs {
  if (stats.isSymbolicLink()) return "symlink";
  if (stats.isFIFO()) return "fifo";
  if (stats.isSocket()) return "socket";
  if (stats.isCharacterDevice() || stats.isBlockDevice()) return "device";
  return "other";
}

/**
 * Returns what a symbolic link leads to, under the link's own path.
 *
 * @throws {ExhibitError} SOURCE_NOT_FOUND, SOURCE_OUTSIDE_ROOTS
 * @throws the file system's other errors as they come
 */
export function entryBehindLink(place: Place, link: string, path: string): FolderEntry {
  const shown = showPath(path, place.names);
  try {
    const where = followInPlace(place, link, shown);
    return entryOf({ path, where }, lstatSync(onDisk(where)));
  } catch (thrown) {
    const target = targetOf[errnoOf(thrown)];
    throw target === undefined ? thrown : leadsNowhere(shown, target, thrown);
  }
}

const targetOf: Readonly<Record<string, string>> = {
  ENOENT: "to something that isn't there",
  ELOOP: "to itself, or over more than 40 others",
};

function leadsNowhere(path: string, target: string, cause: unknown): ExhibitError {
  const message = `${path} is a symbolic link ${target}.`;
  return new ExhibitError("SOURCE_NOT_FOUND", message, { cause, details: { path } });
}
