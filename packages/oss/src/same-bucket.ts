import type { Bucket } from "@exhibit/credentials";

type Named = Pick<Bucket, "endpoint" | "name">;

/**
 * Whether two are one bucket. The scheme is no part of a place, and a region's internal endpoint leads to the same buckets as
 * its public one; any other host may be another region's, or have another bucket of that name.
 */
export function isSameBucket(one: Named, other: Named): boolean {
  if (one.name !== other.name) return false;
  return one.endpoint === other.endpoint || hostOf(one.endpoint) === hostOf(other.endpoint);
}

function hostOf(endpoint: string): string {
  return new URL(endpoint).host.replace(/^(oss-[a-z0-9-]+)-internal(?=\.aliyuncs\.com$)/, "$1");
}
