import { createHash } from "node:crypto";

/** A stream of numbers that is the same on every machine for the same seed. Not for secrets. */
export interface Random {
  /** A whole number from 0 up to, but without, `below`. */
  below(below: number): number;
  /** `size` bytes. */
  bytes(size: number): Buffer;
}

export function createRandom(seed: string): Random {
  // xorshift32 (Marsaglia, 2003); its state must not be 0.
  let state = createHash("sha256").update(seed).digest().readUInt32LE() || 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
  return {
    below: (below) => next() % below,
    bytes(size) {
      const words = Buffer.alloc(Math.ceil(size / 4) * 4);
      for (let at = 0; at < words.length; at += 4) words.writeUInt32LE(next(), at);
      return words.subarray(0, size);
    },
  };
}
