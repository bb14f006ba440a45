import { createCipheriv } from "node:crypto";

/** Chances that a seed decides: the same seed gives the same ones. */
export interface Random {
  /** Returns a number in [0, 1). */
  number(): number;
  /** Returns a whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  /** Returns one entry of a list. Throws a RangeError for an empty one. */
  pick<T>(list: readonly T[]): T;
  /** Returns a number of the standard normal distribution. */
  gaussian(): number;
  /** Returns bytes that no other call returns. */
  bytes(size: number): Buffer;
}

/** Mulberry32: small, fast, and good enough for tests. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  function number(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  const between = (low: number, high: number) => low + Math.floor(number() * (high - low + 1));
  return {
    number,
    between,
    pick(list) {
      const chosen = list[between(0, list.length - 1)];
      if (chosen === undefined) throw new RangeError("There is nothing to pick from.");
      return chosen;
    },
    // Box and Muller's transform.
    gaussian: () => Math.sqrt(-2 * Math.log(1 - number())) * Math.cos(2 * Math.PI * number()),
    bytes(size) {
      // The key stream of a cipher, because it is fast.
      const key = Buffer.alloc(16);
      for (let at = 0; at < 16; at += 4) key.writeUInt32LE(Math.floor(number() * 2 ** 32), at);
      return createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(size));
    },
  };
}
