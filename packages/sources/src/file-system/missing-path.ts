import { constants } from "node:fs";
import { access, opendir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { onDisk } from "./raw-paths.ts";
import { isWithin } from "./within.ts";

/** Where a path stops leading anywhere on this machine. */
export interface MissingPath {
  /**
   * Raw path: the highest part of the path that is missing, or the empty folder that it ends in.
   */
  readonly path: string;
  /**
   * It looks like a share that isn't mounted: its mount point, the source or a folder above it, is
   * empty, or a root is missing.
   */
  readonly looksUnmounted: boolean;
  readonly isEmptyFolder: boolean;
}

/**
 * Looks from a path upwards for what is missing, no further than to the root that it lies below.
 * Returns undefined when the path leads to something. An empty source counts as missing; a folder
 * in it doesn't, as its last file may have been moved.
 *
 * @param path absolute, raw; the source or below it
 */
export async function missingPath(
  path: string,
  { source, roots }: { source: string; roots: readonly string[] },
): Promise<MissingPath | undefined> {
  const tops = new Set(roots.map((root) => resolve(root)));
  let missing: string | undefined;
  for (let at = resolve(path); ; at = dirname(at)) {
    const kind = await kindOf(at);
    if (kind === "empty folder" && isWithin(at, resolve(source))) {
      return { path: at, looksUnmounted: true, isEmptyFolder: true };
    }
    if (kind !== undefined) {
      return missing === undefined
        ? undefined
        : { path: missing, looksUnmounted: false, isEmptyFolder: false };
    }
    missing = at;
    if (tops.has(at)) return { path: at, looksUnmounted: true, isEmptyFolder: false };
    if (at === dirname(at)) return { path: at, looksUnmounted: false, isEmptyFolder: false };
  }
}

/**
 * Returns whether this machine can read something at a path: a file, or a folder that isn't empty.
 * Nothing outside the roots is looked at.
 *
 * @param path absolute, raw
 */
export async function canBeRead(path: string, roots: readonly string[]): Promise<boolean> {
  if (!roots.some((root) => isWithin(resolve(root), resolve(path)))) return false;
  if ((await kindOf(path)) !== "other") return false;
  return access(onDisk(path), constants.R_OK).then(
    () => true,
    () => false,
  );
}

async function kindOf(path: string): Promise<"empty folder" | "other" | undefined> {
  try {
    const where = onDisk(path);
    if (!(await stat(where)).isDirectory()) return "other";
    // A folder that may not be listed isn't known to be empty.
    return (await isEmpty(where).catch(() => false)) ? "empty folder" : "other";
  } catch {
    return undefined;
  }
}

async function isEmpty(where: string | Buffer): Promise<boolean> {
  // Node's types don't say so, but a folder's path may be bytes, too.
  const folder = await opendir(where as string);
  try {
    return (await folder.read()) === null;
  } finally {
    await folder.close();
  }
}
