import { constants, type Dir } from "node:fs";
import { open, opendir } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { SeenFolders } from "@exhibit/contracts";
import { ExhibitError } from "@exhibit/contracts/errors";
import { checkUnmoved } from "../file-system/confine.ts";
import { decodeName } from "../file-system/names.ts";
import { descriptorPath, openedPath } from "../file-system/opened.ts";
import { onDisk, realPathOf } from "../file-system/raw-paths.ts";
import { checkPath, foldersOf, locate } from "../file-system/roots.ts";
import { sourceError } from "../source-error.ts";
import type { SourcePolicy } from "../source-kind.ts";

/** Entries of one folder that are looked at: more would take seconds, and memory. */
const MAX_ENTRIES = 100_000;
/** Entries that are counted in each of the folders that are listed. */
const MAX_COUNTED = 1_000;
/** Milliseconds for counting in all of them. */
const COUNTING_TIMEOUT_MS = 3_000;

export interface FoldersQuery {
  /** The folder to look into; undefined for those that sources must lie below. */
  readonly path: string | undefined;
  /** Folders in the answer at most. */
  readonly limit: number;
  /** Only folders whose names come after this. */
  readonly after: string | undefined;
}

type SeenFolder = SeenFolders["items"][number];

/**
 * Lists the folders right below a folder that a source may name, by the order of their names.
 * Symbolic links aren't followed and aren't listed; where the folder leads is checked once it is
 * open, so that nothing of what lies outside of the readable folders is told.
 *
 * @throws {ExhibitError} SOURCE_OUTSIDE_ROOTS, SOURCE_NOT_FOUND, SOURCE_UNREADABLE, SOURCE_IO
 */
export async function listFolders(
  { path, limit, after = "" }: FoldersQuery,
  policy: SourcePolicy,
): Promise<SeenFolders> {
  const deadline = Date.now() + COUNTING_TIMEOUT_MS;
  const found = path === undefined ? rootsOf(policy) : await namesIn(path, policy);
  const { names, complete, unnamed } = found;
  const rest = names.filter((name) => name > after).sort(byCode);
  const page = rest.slice(0, limit);
  const items: SeenFolder[] = [];
  for (const name of page) {
    const where = path === undefined ? name : join(resolve(path), name);
    const counts = Date.now() < deadline ? await countIn(where, policy) : uncounted;
    items.push({ path: where, name, ...counts });
  }
  const next = rest.length > page.length ? (page.at(-1) ?? null) : null;
  return { path: path ?? null, items, next, complete, unnamed };
}

const uncounted = { files: null, folders: null, counted_all: false };

function byCode(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function rootsOf(policy: SourcePolicy) {
  return { names: [...foldersOf(policy)], complete: true, unnamed: 0 };
}

async function namesIn(path: string, policy: SourcePolicy) {
  checkPath(path, policy);
  const names: string[] = [];
  let [entries, unnamed] = [0, 0];
  const real = await realOf(path, policy);
  await readFolder(real, path, (name, isFolder) => {
    entries += 1;
    if (!isFolder || join(real, name ?? "") === policy.dataDir) return entries < MAX_ENTRIES;
    if (name === undefined) unnamed += 1;
    else names.push(name);
    return entries < MAX_ENTRIES;
  });
  return { names, complete: entries < MAX_ENTRIES, unnamed };
}

async function realOf(path: string, policy: SourcePolicy): Promise<string> {
  const place = await locate(path, policy, { followSymlinks: false, names: undefined });
  return place.root;
}

/** Counts what is right in a folder; nothing is known of one that can't be read. */
async function countIn(path: string, policy: SourcePolicy) {
  let [entries, files, folders] = [0, 0, 0];
  try {
    const real = await realOf(path, policy);
    await readFolder(real, path, (_name, isFolder, isFile) => {
      entries += 1;
      // One more tells that there are more.
      if (entries > MAX_COUNTED) return false;
      if (isFolder) folders += 1;
      if (isFile) files += 1;
      return true;
    });
    return { files, folders, counted_all: entries <= MAX_COUNTED };
  } catch {
    return uncounted;
  }
}

/** O_NOFOLLOW: a folder that was swapped for a symbolic link is refused. */
const FLAGS = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * Calls `take` with each entry of a folder until it returns false.
 *
 * @param real the folder's real path, raw
 * @param shown what messages call it
 */
async function readFolder(
  real: string,
  shown: string,
  take: (name: string | undefined, isFolder: boolean, isFile: boolean) => boolean,
): Promise<void> {
  try {
    await using folder = await open(onDisk(real), FLAGS);
    for await (const entry of await openNames(real, folder.fd, shown)) {
      const name = decodeName(entry.name as unknown as Buffer);
      if (!take(name, entry.isDirectory(), entry.isFile())) break;
    }
  } catch (thrown) {
    throw sourceError(thrown, shown);
  }
}

/**
 * Opens the names of a folder that is open. A folder above it may have been swapped for a link
 * since its real path was found: where it is now known what is open (on Linux), that is compared
 * and read; elsewhere the path is looked at once more.
 */
async function openNames(real: string, descriptor: number, shown: string): Promise<Dir> {
  const encoding = "buffer" as BufferEncoding;
  const opened = openedPath(descriptor);
  if (opened !== undefined) {
    if (opened !== real) throw moved(shown);
    return await opendir(descriptorPath(descriptor), { encoding });
  }
  const dir = await opendir(onDisk(real), { encoding });
  try {
    checkUnmoved(realPathOf(real), real, [real], shown);
    return dir;
  } catch (thrown) {
    await dir.close();
    throw thrown;
  }
}

function moved(path: string): ExhibitError {
  return new ExhibitError("SOURCE_CHANGED", `${path} is now behind a symbolic link.`, {
    details: { path },
  });
}
