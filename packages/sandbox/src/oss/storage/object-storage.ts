import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { ossError } from "../protocol/oss-error.ts";
import { type ObjectRecord, openObjectJournal } from "./object-journal.ts";
import { isPlainKey, ODD_FOLDER, oddName } from "./object-place.ts";
import { createVersions, type StoredVersion, type Versions, versionOf } from "./versions.ts";

// Layout of the data folder:
//   objects/<bucket>/<key>                            an object whose key can be a path
//   objects/<bucket>/.sandbox-odd-names/<sha256>      any other; index.jsonl beside it has the keys
//   objects.jsonl                                     all objects' metadata
//   incoming/<n>                                      bodies being received
//   uploads/<upload id>/                              open multipart uploads
//   versions/<n>                                      what was overwritten or deleted in buckets that keep versions

/** Objects as plain files that a person can open. */
export interface ObjectStorage {
  readonly versions: Versions;
  find(bucket: string, key: string): ObjectRecord | undefined;
  /** Finds an object's version, which may be its current one. */
  findVersion(bucket: string, key: string, version: string): StoredVersion | undefined;
  /** Returns the path of an object's file, or where it would lie. */
  pathOf(bucket: string, key: string): string;
  /** Returns an unused path for a body that is being received. */
  incoming(): string;
  /**
   * Makes the received file the object, atomically, and returns its record. Throws
   * `FileAlreadyExists` if overwriting is forbidden and there is one.
   */
  commit(
    received: string,
    record: Omit<ObjectRecord, "odd" | "version">,
    options: { forbidOverwrite: boolean },
  ): ObjectRecord;
  remove(bucket: string, key: string): void;
  /** Returns all keys of a bucket in the order of their UTF-8 bytes. */
  keys(bucket: string): string[];
  /** Returns how many objects there are. */
  count(): number;
  close(): void;
}

/** Error codes of keys that the file system refuses for a reason that `isPlainKey` doesn't know. */
const UNSUITABLE = new Set([
  "EEXIST",
  "EISDIR",
  "ENAMETOOLONG",
  "ENOTDIR",
  "ENOTEMPTY",
  "EINVAL",
  "EILSEQ",
  "EPERM",
]);

export function openObjectStorage(dataDir: string): ObjectStorage {
  const objectsDir = join(dataDir, "objects");
  const incomingDir = join(dataDir, "incoming");
  const versionsDir = join(dataDir, "versions");
  for (const folder of [incomingDir, versionsDir]) rmSync(folder, { recursive: true, force: true });
  for (const folder of [objectsDir, incomingDir]) mkdirSync(folder, { recursive: true });

  /** By bucket and key: the offset of the object's line in the journal. */
  const index = new Map<string, Map<string, number>>();
  const journal = openObjectJournal(join(dataDir, "objects.jsonl"), (line, offset) => {
    if ("deleted" in line) index.get(line.bucket)?.delete(line.key);
    else remember(line.bucket, line.key, offset);
  });
  const versions = createVersions(versionsDir);
  const mixesNames = doesMixNames(incomingDir);
  let received = 0;

  function remember(bucket: string, key: string, offset: number): void {
    const keys = index.get(bucket) ?? new Map<string, number>();
    if (keys.size === 0) index.set(bucket, keys);
    keys.set(key, offset);
  }

  function recorded(bucket: string, key: string): ObjectRecord | undefined {
    const offset = index.get(bucket)?.get(key);
    return offset === undefined ? undefined : journal.read(offset);
  }

  const plainPath = (bucket: string, key: string) => join(objectsDir, bucket, key);
  const oddPath = (bucket: string, key: string) =>
    join(objectsDir, bucket, ODD_FOLDER, oddName(key));

  function pathOf(bucket: string, key: string): string {
    const known = recorded(bucket, key);
    const isOdd = known === undefined ? !isPlainKey(key) : known.odd === true;
    return isOdd ? oddPath(bucket, key) : plainPath(bucket, key);
  }

  /** An object whose file a person removed, or changed in length, no longer exists. */
  function find(bucket: string, key: string): ObjectRecord | undefined {
    const record = recorded(bucket, key);
    if (record === undefined) return undefined;
    const path = record.odd ? oddPath(bucket, key) : plainPath(bucket, key);
    return statSync(path, { throwIfNoEntry: false })?.size === record.size ? record : undefined;
  }

  function supersede(record: ObjectRecord | undefined): void {
    if (record) versions.supersede({ record, path: pathOf(record.bucket, record.key) });
  }

  /** Moves the file to its place, and returns whether that is the folder of odd names. */
  function place(file: string, bucket: string, key: string): boolean {
    const known = recorded(bucket, key);
    if (known?.odd !== true && isPlainKey(key)) {
      const path = plainPath(bucket, key);
      const isTaken = mixesNames && known === undefined && exists(path);
      if (!isTaken && move(file, path)) return false;
    }
    move(file, oddPath(bucket, key));
    if (known?.odd !== true) noteOddName(bucket, key);
    return true;
  }

  function noteOddName(bucket: string, key: string): void {
    const line = JSON.stringify({ name: oddName(key), key });
    appendFileSync(join(objectsDir, bucket, ODD_FOLDER, "index.jsonl"), `${line}\n`);
  }

  return {
    versions,
    find,
    findVersion(bucket, key, version) {
      const record = find(bucket, key);
      if (record === undefined || versionOf(record) !== version)
        return versions.find(bucket, key, version);
      return { record, path: pathOf(bucket, key) };
    },
    pathOf,
    incoming: () => join(incomingDir, String(received++)),
    // It is synchronous from the check to the journal, so that no other request comes between.
    commit(file, record, { forbidOverwrite }) {
      const { bucket, key } = record;
      const current = find(bucket, key);
      if (forbidOverwrite && current !== undefined) throw ossError("FileAlreadyExists");
      supersede(current);
      const odd = place(file, bucket, key);
      const version = versions.newId(bucket);
      const written = { ...record, ...(version && { version }), ...(odd && { odd }) };
      remember(bucket, key, journal.append(written));
      return written;
    },
    remove(bucket, key) {
      if (index.get(bucket)?.has(key) !== true) return;
      supersede(find(bucket, key));
      rmSync(pathOf(bucket, key), { force: true });
      journal.append({ bucket, key, deleted: true });
      index.get(bucket)?.delete(key);
    },
    keys: (bucket) => sortedByBytes(index.get(bucket)?.keys() ?? []),
    count: () => [...index.values()].reduce((sum, keys) => sum + keys.size, 0),
    close: () => journal.close(),
  };
}

/** Returns whether the file system mixes up names that OSS tells apart: `A` and `a`, or two forms of `é`. */
function doesMixNames(folder: string): boolean {
  const probes = [
    ["probe-a", "PROBE-A"],
    ["probe-\u00e9", "probe-e\u0301"],
  ] as const;
  return probes.some(([name, other]) => {
    writeFileSync(join(folder, name), "");
    const isMixed = exists(join(folder, other));
    rmSync(join(folder, name));
    return isMixed;
  });
}

function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    return UNSUITABLE.has((error as NodeJS.ErrnoException).code ?? "");
  }
}

/** Moves a file. Returns false if the file system can't have this path. */
function move(file: string, path: string): boolean {
  try {
    try {
      renameSync(file, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
      mkdirSync(dirname(path), { recursive: true });
      renameSync(file, path);
    }
    return true;
  } catch (error) {
    if (UNSUITABLE.has((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
}

function sortedByBytes(keys: Iterable<string>): string[] {
  return [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}
