import type { Random } from "@exhibit/testkit/random";

/** Returns a size in bytes as in a real case: log-normal, most files small and a few large. */
export function sizeOf(random: Random, { median, sigma }: { median: number; sigma: number }) {
  return Math.max(1, Math.round(median * Math.exp(sigma * random.gaussian())));
}
