import { realpath } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import type { Source } from "@exhibit/contracts";
import { ExhibitError } from "@exhibit/contracts/errors";
import { sourceError } from "../source-error.ts";
import type { Place } from "./place.ts";
import { rawPath } from "./raw-paths.ts";

/**
 * Checks a source by its text alone, without I/O: the API refuses early what `openSource` would refuse.
 *
 * @throws {ExhibitError} REQUEST_INVALID for a path that can't be one or isn't absolute; SOURCE_OUTSIDE_ROOTS
 */
export function checkSource(source: Source, roots: readonly string[]): void {
  const { path } = source;
  if (path.includes("\0") || !path.isWellFormed()) {
    throw new ExhibitError(
      "REQUEST_INVALID",
      "A source's path holds a character that no path can.",
      {
        details: { path: path.replaceAll("\0", "\\0").toWellFormed() },
      },
    );
  }
  if (!isAbsolute(path)) {
    throw new ExhibitError(
      "REQUEST_INVALID",
      `The source ${path} isn't an absolute path: it has to begin with "/".`,
      { details: { path } },
    );
  }
  if (!roots.some((root) => isWithin(resolve(root), resolve(path))))
    throw outsideRoots(path, roots);
}

/**
 * Checks that a folder doesn't hold Exhibit's own data: its ledger, with the paths of other cases, would be stored as evidence,
 * and changes while it is read. By the text of the two paths.
 *
 * @param dataDir undefined where there is none
 * @throws {ExhibitError} REQUEST_INVALID
 */
export function checkApart(path: string, dataDir: string | undefined): void {
  if (dataDir === undefined || !isWithin(resolve(path), dataDir)) return;
  throw new ExhibitError(
    "REQUEST_INVALID",
    `The source ${path} holds Exhibit's own data, in ${dataDir}. Start Exhibit with another EXHIBIT_DATA_DIR, or import the folders beside it.`,
    { details: { path, data_dir: dataDir } },
  );
}

/**
 * Where the source really is, with every symbolic link on the way resolved. A root may itself be a link.
 *
 * @throws {ExhibitError} SOURCE_OUTSIDE_ROOTS; SOURCE_NOT_FOUND, SOURCE_UNREADABLE, SOURCE_IO
 */
export async function locateSource(source: Source, roots: readonly string[]): Promise<Place> {
  const { path } = source;
  const real = await rawRealPath(path).catch((thrown: unknown) => {
    throw sourceError(thrown, path);
  });
  const resolved = await Promise.all(roots.map(realRoot));
  const realRoots = resolved.filter((root) => root !== undefined);
  if (!realRoots.some((root) => isWithin(root, real))) throw outsideRoots(path, roots);
  const followSymlinks = source.follow_symlinks === true;
  const bounds = followSymlinks ? realRoots : [real];
  return { root: real, bounds, followSymlinks, names: source.names };
}

async function rawRealPath(path: string): Promise<string> {
  return rawPath(await realpath(path, "buffer"));
}

/** Those of the roots that can't be found here: nothing below them can be imported until they are there. */
export async function absentRoots(roots: readonly string[]): Promise<string[]> {
  const found = await Promise.all(roots.map(realRoot));
  return roots.filter((_, index) => found[index] === undefined);
}

/** Whether `path` is `folder` or lies below it; both absolute and without `..`. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/** A root that can't be resolved holds nothing: other roots aren't harmed by it. */
async function realRoot(root: string): Promise<string | undefined> {
  return rawRealPath(root).catch(() => undefined);
}

// Roots that a message names.
const mostNamed = 5;

function outsideRoots(path: string, roots: readonly string[]): ExhibitError {
  const named = roots.slice(0, mostNamed).join(", ");
  const more = roots.length > mostNamed ? ` and ${roots.length - mostNamed} more` : "";
  const allowed = roots.length === 0 ? "none is configured" : `${named}${more}`;
  return new ExhibitError(
    "SOURCE_OUTSIDE_ROOTS",
    `The source ${path} lies outside the folders that may be read: ${allowed}.`,
    { details: { path } },
  );
}
