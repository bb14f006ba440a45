/** Numbers from 0 to 1 that are the same for the same seed. */
export function createChance(seed: number): () => number {
  let state = seed >>> 0;
  // mulberry32
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A size in bytes as in a real case: log-normal, most files small and a few large. */
export function sizeOf(chance: () => number, { median, sigma }: { median: number; sigma: number }) {
  const normal = Math.sqrt(-2 * Math.log(1 - chance())) * Math.cos(2 * Math.PI * chance());
  return Math.max(1, Math.round(median * Math.exp(sigma * normal)));
}
