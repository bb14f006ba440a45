/**
 * Returns whether two endpoints of OSS, with their schemes, have the same buckets. The scheme
 * doesn't matter, and a region's internal endpoint has the same buckets as its public one; any
 * other host may be in another region.
 */
export function isSameEndpoint(one: string, other: string): boolean {
  return one === other || hostOf(one) === hostOf(other);
}

function hostOf(endpoint: string): string {
  return new URL(endpoint).host.replace(/^(oss-[a-z0-9-]+)-internal(?=\.aliyuncs\.com$)/, "$1");
}
