import { realpath } from "node:fs/promises";
import { isAbsolute, join, parse, relative, resolve } from "node:path";
import { ExhibitError } from "@exhibit/contracts/errors";
import { sourceError } from "../source-error.ts";
import { canBeRead } from "./missing-path.ts";
import { leavesBounds, type Place } from "./place.ts";
import { rawPath } from "./raw-paths.ts";
import { isWithin } from "./within.ts";

/** Which folders of this machine may be read. */
export interface ReadableFolders {
  /** Absolute paths: what is read lies below one of them. */
  readonly roots: readonly string[];
  /**
   * Absolute paths: what is read lies below one of these as well, such as those of a key's scope.
   * Undefined for no further limit.
   */
  readonly limits?: readonly string[] | undefined;
}

/**
 * Checks a source's path by its text alone, without I/O.
 *
 * @throws {ExhibitError} REQUEST_INVALID for a path that isn't absolute; SOURCE_OUTSIDE_ROOTS
 */
export function checkPath(path: string, readable: ReadableFolders): void {
  if (!isAbsolute(path)) {
    throw new ExhibitError(
      "REQUEST_INVALID",
      `The source ${path} isn't an absolute path: it has to begin with "/".`,
      { details: { path } },
    );
  }
  if (folderAbove(path, readable) === undefined) throw outsideRoots(path, readable);
}

/** Returns the readable folder that a path lies below, by their texts. */
function folderAbove(path: string, readable: ReadableFolders): string | undefined {
  return foldersOf(readable).find((folder) => isWithin(resolve(folder), resolve(path)));
}

/** Returns the folders that may be read, by their texts. */
export function foldersOf({ roots, limits }: ReadableFolders): readonly string[] {
  if (limits === undefined) return roots;
  // A limit that isn't absolute would depend on where the process was started.
  return common(roots.map(resolvedText), limits.filter(isAbsolute).map(resolvedText));
}

const resolvedText = (path: string) => resolve(path);

/** Returns the folders below which lies all that is both below one of `some` and of `others`. */
function common(some: readonly string[], others: readonly string[]): string[] {
  const deeper = some.flatMap((one) =>
    others.flatMap((other) => {
      if (isWithin(one, other)) return [other];
      return isWithin(other, one) ? [one] : [];
    }),
  );
  return [...new Set(deeper)];
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
 * Returns where a source really is, with every symbolic link on the way resolved. A root, or a
 * limit, may itself be a link. `..` in the path is resolved first, as `checkPath` does.
 *
 * @throws {ExhibitError} SOURCE_OUTSIDE_ROOTS, also for a way that breaks off outside, so that nobody
 * learns what is there; SOURCE_NOT_FOUND, SOURCE_UNREADABLE, SOURCE_IO
 */
export async function locate(
  path: string,
  readable: ReadableFolders,
  { followSymlinks, names }: Pick<Place, "followSymlinks" | "names">,
): Promise<Place> {
  const folders = await realFolders(readable);
  let real: string;
  try {
    real = await rawRealPath(resolve(path));
  } catch (thrown) {
    if (await breaksOffOutside(path, readable, folders)) throw outsideRoots(path, readable);
    throw sourceError(thrown, path);
  }
  if (!folders.some((folder) => isWithin(folder, real))) throw outsideRoots(path, readable);
  const bounds = followSymlinks ? folders : [real];
  return { root: real, bounds, followSymlinks, names };
}

/** Returns the folders that may be read, with every symbolic link on the way to them resolved. */
async function realFolders({ roots, limits }: ReadableFolders): Promise<string[]> {
  const real = await realRoots(roots);
  return limits === undefined ? real : common(real, await realRoots(limits.filter(isAbsolute)));
}

async function realRoots(roots: readonly string[]): Promise<string[]> {
  const resolved = await Promise.all(roots.map(realRoot));
  return resolved.filter((root) => root !== undefined);
}

async function breaksOffOutside(
  path: string,
  readable: ReadableFolders,
  bounds: readonly string[],
): Promise<boolean> {
  const above = folderAbove(path, readable);
  const root = above === undefined ? undefined : await realRoot(above);
  if (above === undefined || root === undefined) return false;
  return leavesBounds({ root, bounds }, join(root, relative(resolve(above), resolve(path))));
}

async function rawRealPath(path: string): Promise<string> {
  return rawPath(await realpath(path, "buffer"));
}

/** Returns the roots that aren't here: nothing below them can be imported until they are. */
export async function absentRoots(roots: readonly string[]): Promise<string[]> {
  const found = await Promise.all(roots.map(realRoot));
  return roots.filter((_, index) => found[index] === undefined);
}

/** Returns the roots that are a whole file system: everything that this process can read is a source. */
export async function boundlessRoots(roots: readonly string[]): Promise<string[]> {
  const found = await Promise.all(roots.map(realRoot));
  return roots.filter((_, index) => {
    const root = found[index];
    return root !== undefined && root === parse(root).root;
  });
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
const MAX_NAMED = 5;

function outsideRoots(path: string, readable: ReadableFolders): ExhibitError {
  const folders = foldersOf(readable);
  const named = folders.slice(0, MAX_NAMED).join(", ");
  const more = folders.length > MAX_NAMED ? ` and ${folders.length - MAX_NAMED} more` : "";
  const none = readable.limits === undefined ? "none is configured" : "none";
  const allowed = folders.length === 0 ? none : `${named}${more}`;
  return new ExhibitError(
    "SOURCE_OUTSIDE_ROOTS",
    `The source ${path} lies outside the folders that may be read: ${allowed}.`,
    { details: { path } },
  );
}
