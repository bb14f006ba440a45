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
export type Looked = SourceEntry | ({ readonly kind: "folder" } & SubFolder);

export function entryOf({ path, where }: SubFolder, stats: Stats): Looked {
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
 * What a symbolic link leads to, under the link's own path.
 *
 * @throws {ExhibitError} SOURCE_NOT_FOUND, SOURCE_OUTSIDE_ROOTS; the file system's own errors as they come
 */
export function lookBehind(place: Place, link: string, path: string): Looked {
  const shown = showPath(path, place.names);
  try {
    const where = followInPlace(place, link, shown);
    return entryOf({ path, where }, lstatSync(onDisk(where)));
  } catch (thrown) {
    const where = whereTo[errnoOf(thrown)];
    throw where === undefined ? thrown : leadsNowhere(shown, where, thrown);
  }
}

const whereTo: Readonly<Record<string, string>> = {
  ENOENT: "to something that isn't there",
  ELOOP: "to itself, or over more than 40 others",
};

function leadsNowhere(path: string, where: string, cause: unknown): ExhibitError {
  const message = `${path} is a symbolic link ${where}.`;
  return new ExhibitError("SOURCE_NOT_FOUND", message, { cause, details: { path } });
}
