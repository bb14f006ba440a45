import { randomBytes } from "node:crypto";
import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { ObjectRecord } from "./object-journal.ts";

/** A version of an object, and the file that has its bytes. */
export interface StoredVersion {
  record: ObjectRecord;
  path: string;
}

/**
 * Which buckets keep versions, and those that aren't current any more. Held in memory: a sandbox that
 * starts anew has forgotten it.
 */
export interface Versions {
  /** Has a bucket keep versions from now on. */
  enable(bucket: string): void;
  areKept(bucket: string): boolean;
  /** Returns the id of a version that is about to be written; undefined where none are kept. */
  newId(bucket: string): string | undefined;
  /** Takes in what is about to be overwritten or deleted, where versions are kept. */
  supersede(current: StoredVersion): void;
  /** Finds a version that isn't current any more. */
  find(bucket: string, key: string, version: string): StoredVersion | undefined;
}

/** What was written before the bucket kept versions is called `null`. */
export const versionOf = ({ version = "null" }: ObjectRecord): string => version;

/** The folder is for this sandbox alone, and is empty. */
export function createVersions(folder: string): Versions {
  const buckets = new Set<string>();
  const superseded = new Map<string, StoredVersion>();
  const nameOf = (...names: string[]) => JSON.stringify(names);
  const areKept = (bucket: string) => buckets.has(bucket);
  return {
    enable: (bucket) => void buckets.add(bucket),
    areKept,
    newId: (bucket) => (areKept(bucket) ? randomBytes(24).toString("hex") : undefined),
    supersede({ record, path: current }) {
      const { bucket, key } = record;
      if (!areKept(bucket)) return;
      mkdirSync(folder, { recursive: true });
      const path = join(folder, String(superseded.size));
      renameSync(current, path);
      superseded.set(nameOf(bucket, key, versionOf(record)), { record, path });
    },
    find: (bucket, key, version) => superseded.get(nameOf(bucket, key, version)),
  };
}
