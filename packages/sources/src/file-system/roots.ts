import { realpath } from "node:fs/promises";
import { isAbsolute, resolve } from "node:path";
import { ExhibitError } from "@exhibit/contracts/errors";
import { sourceError } from "../source-error.ts";
import { canBeRead } from "./missing-path.ts";
import type { Place } from "./place.ts";
import { rawPath } from "./raw-paths.ts";
import { isWithin } from "./within.ts";

/**
 * Checks a source's path by its text alone, without I/O.
 *
 * @throws {ExhibitError} REQUEST_INVALID for a path that isn't absolute; SOURCE_OUTSIDE_ROOTS
 */
export function checkPath(path: string, roots: readonly string[]): void {
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
 * Checks that a folder doesn't hold Exhibit's own data: its ledger, with the paths of other cases,
 * would be stored as evidence, and changes while it is read. Compares the text of the two paths.
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
 * Returns where a source really is, with every symbolic link on the way resolved. A root may itself
 * be a link.
 *
 * @throws {ExhibitError} SOURCE_OUTSIDE_ROOTS; SOURCE_NOT_FOUND, SOURCE_UNREADABLE, SOURCE_IO
 */
export async function locate(
  path: string,
  roots: readonly string[],
  { followSymlinks, names }: Pick<Place, "followSymlinks" | "names">,
): Promise<Place> {
  const real = await rawRealPath(path).catch((thrown: unknown) => {
    throw sourceError(thrown, path);
  });
  const resolved = await Promise.all(roots.map(realRoot));
  const realRoots = resolved.filter((root) => root !== undefined);
  if (!realRoots.some((root) => isWithin(root, real))) throw outsideRoots(path, roots);
  const bounds = followSymlinks ? realRoots : [real];
  return { root: real, bounds, followSymlinks, names };
}

async function rawRealPath(path: string): Promise<string> {
  return rawPath(await realpath(path, "buffer"));
}

/** Returns the roots that aren't here: nothing below them can be imported until they are. */
export async function absentRoots(roots: readonly string[]): Promise<string[]> {
  const found = await Promise.all(roots.map(realRoot));
  return roots.filter((_, index) => found[index] === undefined);
}

/** Returns the roots in which nothing can be read here: they are absent, empty, or closed to us. */
export async function unreadableRoots(roots: readonly string[]): Promise<string[]> {
  const readable = await Promise.all(roots.map((root) => canBeRead(root, roots)));
  return roots.filter((_, index) => readable[index] === false);
}

/**
 * Returns undefined for a root that can't be resolved: it holds nothing, and harms no other root.
 */
async function realRoot(root: string): Promise<string | undefined> {
  return rawRealPath(root).catch(() => undefined);
}

/** Roots that a message names. */
const MOST_NAMED = 5;

function outsideRoots(path: string, roots: readonly string[]): ExhibitError {
  const named = roots.slice(0, MOST_NAMED).join(", ");
  const more = roots.length > MOST_NAMED ? ` and ${roots.length - MOST_NAMED} more` : "";
  const allowed = roots.length === 0 ? "none is configured" : `${named}${more}`;
  return new ExhibitError(
    "SOURCE_OUTSIDE_ROOTS",
    `The source ${path} lies outside the folders that may be read: ${allowed}.`,
    { details: { path } },
  );
}
