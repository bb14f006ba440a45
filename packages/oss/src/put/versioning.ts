import type { Bucket } from "@exhibit/credentials";
import type { StoredBytes } from "../api/stored-bytes.ts";

/**
 * Which buckets keep versions. There "x-oss-forbid-overwrite is ignored" (PROTOCOLS.md 5.1), so a
 * PUT has to be preceded by a HEAD. Only the response to a write tells it; until there is one, any
 * bucket may keep versions.
 */
export interface Versioning {
  mayOverwrite(bucket: Bucket): boolean;
  learn(bucket: Bucket, stored: StoredBytes): void;
}

export function createVersioning(): Versioning {
  const known = new Map<string, boolean>();
  const nameOf = ({ endpoint, name }: Bucket) => `${endpoint} ${name}`;
  return {
    mayOverwrite: (bucket) => known.get(nameOf(bucket)) ?? true,
    learn: (bucket, { versionId }) => known.set(nameOf(bucket), versionId !== undefined),
  };
}
