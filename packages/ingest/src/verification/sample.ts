import { hash } from "node:crypto";

/** Says whether a receipt is picked, by its place in `receipts.ndjson`, from 0. */
export type Pick = (index: number) => boolean;

/** Hexadecimal digits that decide in which bucket a number is counted. */
const BUCKET_DIGITS = 4;
/** Digits that are compared: a double holds 13 exactly. */
const DIGITS = 12;

/**
 * Picks those receipts of all whose SHA-256(seed, space, index) is smallest, so that whoever knows the
 * seed picks the same. Memory doesn't grow with their number: numbers are counted by their beginning,
 * and only those that begin as the last one does are compared.
 */
export function pickSample({ size, of, seed }: { size: number; of: number; seed: string }): Pick {
  if (size >= of) return () => true;
  const counts = new Uint32Array(16 ** BUCKET_DIGITS);
  for (let index = 0; index < of; index += 1) {
    const bucket = bucketOf(digitsOf(seed, index));
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  let [last, before] = [0, 0];
  while (before + (counts[last] ?? 0) < size) {
    before += counts[last] ?? 0;
    last += 1;
  }
  const alike: string[] = [];
  for (let index = 0; index < of; index += 1) {
    const digits = digitsOf(seed, index);
    if (bucketOf(digits) === last) alike.push(digits);
  }
  const largest = alike.sort()[size - before - 1] ?? "";
  return (index) => digitsOf(seed, index) <= largest;
}

function digitsOf(seed: string, index: number): string {
  return hash("sha256", `${seed} ${index}`, "hex").slice(0, DIGITS);
}

function bucketOf(digits: string): number {
  return Number.parseInt(digits.slice(0, BUCKET_DIGITS), 16);
}
