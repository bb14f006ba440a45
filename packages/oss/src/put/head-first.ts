import type { HeadFirst } from "../object-store.ts";

/** After so many HEADs in a row that find nothing, or aren't allowed, files are sent at once. */
const MAX_MISSES = 32;

export function createHeadFirst(isLikely: boolean): HeadFirst {
  let misses = isLikely ? 0 : MAX_MISSES;
  return {
    isLikely: () => misses < MAX_MISSES,
    learn(isThere) {
      misses = isThere ? 0 : misses + 1;
    },
  };
}
