import type { Bucket } from "@exhibit/credentials";
import type { Stored } from "../api/object-calls.ts";

/**
 * Which buckets keep versions: there "x-oss-forbid-overwrite is ignored" (PROTOCOLS.md 5.1), so that a PUT has to be
 * preceded by a look. Nothing but the answer to a write tells; until there is one, a bucket may be such.
 */
export interface Versioning {
  mayOverwrite(bucket: Bucket): boolean;
  learn(bucket: Bucket, stored: Stored): void;
}

export function createVersioning(): Versioning {
  const known = new Map<string, boolean>();
  const nameOf = ({ endpoint, name }: Bucket) => `${endpoint} ${name}`;
  return {
    mayOverwrite: (bucket) => known.get(nameOf(bucket)) ?? true,
    learn: (bucket, { versionId }) => known.set(nameOf(bucket), versionId !== undefined),
  };
}
