/**
 * Whether files are likely to be in OSS already, so that a look is cheaper than sending them in vain. Shared by files of one
 * folder: it learns from each of them.
 */
export interface Expectation {
  isLikely(): boolean;
  learn(isThere: boolean): void;
}

/** So many looks in a row that find nothing, or may not look, are enough. */
const MOST_MISSES = 32;

export function createExpectation(isLikely: boolean): Expectation {
  let misses = isLikely ? 0 : MOST_MISSES;
  return {
    isLikely: () => misses < MOST_MISSES,
    learn(isThere) {
      misses = isThere ? 0 : misses + 1;
    },
  };
}
