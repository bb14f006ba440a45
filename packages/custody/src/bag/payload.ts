import { createHash } from "node:crypto";
import { createReadStream, type Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { HexDigest } from "../digest/digest.ts";

/** What was read of a file. */
export interface ReadFile {
  sha256: HexDigest;
  /** In bytes. */
  size: number;
}

/** Reads a file through; undefined if there is none. Throws other errors of the operating system. */
export async function digestFile(path: string | Buffer): Promise<ReadFile | undefined> {
  const hash = createHash("sha256");
  let size = 0;
  try {
    for await (const bytes of createReadStream(path, { highWaterMark: 256 * 1024 })) {
      hash.update(bytes);
      size += (bytes as Buffer).length;
    }
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw thrown;
  }
  return { sha256: hash.digest("hex"), size };
}

/** Something that lies in a bag's folder. */
export interface Entry {
  /** Below the bag's folder, with slashes. */
  path: string;
  isFile: boolean;
}

/**
 * Walks a folder of a bag, in memory for one folder's names; links aren't followed.
 *
 * @param enters whether a folder is walked, by its path
 */
export async function* entriesBelow(
  bag: string,
  folder: string,
  enters: (path: string) => boolean = () => true,
): AsyncGenerator<Entry> {
  for (const entry of await namesIn(join(bag, folder))) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (!entry.isDirectory()) yield { path, isFile: entry.isFile() };
    else if (enters(path)) yield* entriesBelow(bag, path, enters);
  }
}

async function namesIn(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw thrown;
  }
}
