import { isSameEndpoint } from "@exhibit/contracts";
import type { Bucket } from "@exhibit/credentials";

type NamedBucket = Pick<Bucket, "endpoint" | "name">;

/**
 * Returns whether two buckets are the same one: endpoints of different regions or installations may
 * each have a bucket of the same name.
 */
export function isSameBucket(one: NamedBucket, other: NamedBucket): boolean {
  return one.name === other.name && isSameEndpoint(one.endpoint, other.endpoint);
}
