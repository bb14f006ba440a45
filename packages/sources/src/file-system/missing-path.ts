import { constants } from "node:fs";
import { access, opendir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { onDisk } from "./raw-paths.ts";
import { isWithin } from "./roots.ts";

/** Why a path leads nowhere on this machine. */
export interface Absence {
  /** Raw path: the highest part of the way that isn't there, or the empty folder that the way ends in. */
  readonly path: string;
  /** As when a share isn't mounted: its mount point, the source or above it, is an empty folder, or a root that isn't there. */
  readonly looksUnmounted: boolean;
  readonly isEmptyFolder: boolean;
}

/**
 * Looks from a path upwards for what is missing, no further than to the root that it lies below. Undefined when the path leads to
 * something. A source that is empty leads to nothing; a folder in it may be empty because its last file was moved.
 *
 * @param path absolute, raw; below the source
 */
export async function absenceOf(
  path: string,
  { source, roots }: { source: string; roots: readonly string[] },
): Promise<Absence | undefined> {
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
 * Whether this machine could read something at a path: a file, or a folder that isn't empty. What lies outside the roots isn't
 * looked at.
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
    // What may not be looked into isn't known to be empty.
    return (await isEmpty(where).catch(() => false)) ? "empty folder" : "other";
  } catch {
    return undefined;
  }
}

async function isEmpty(where: string | Buffer): Promise<boolean> {
  // Node's types don't know that a path of a folder may be bytes, too.
  const folder = await opendir(where as string);
  try {
    return (await folder.read()) === null;
  } finally {
    await folder.close();
  }
}
