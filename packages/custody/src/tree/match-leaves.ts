import type { HexDigest } from "../digest/digest.ts";
import { MARK_BYTES } from "./blocks.ts";

/** How leaves differ from those that were kept; all are places from 0. */
export interface LeafMatch {
  /** Leaves that stand where another one was kept. */
  readonly changed: readonly number[];
  /** Leaves beyond those that were kept. */
  readonly added: readonly number[];
  /** How many of the kept ones are gone before a leaf; the number of leaves stands for the end. */
  readonly gone: ReadonlyMap<number, number>;
}

/** With more leaves than this to compare, they are compared place by place. */
const MAX_COMPARED = 2_048;

/**
 * Finds out which leaves were changed, added or taken away, by the marks that were kept of them: one
 * that is gone doesn't make all behind it differ.
 */
export function matchLeaves(leaves: readonly HexDigest[], marks: Uint8Array): LeafMatch {
  const now = leaves.map((leaf) => leaf.slice(0, 2 * MARK_BYTES));
  const kept = marksIn(marks);
  const start = commonStart(now, kept);
  const end = commonStart(now.slice(start).reverse(), kept.slice(start).reverse());
  const [one, other] = [now.slice(start, now.length - end), kept.slice(start, kept.length - end)];
  const pairs = one.length > MAX_COMPARED ? [] : commonPairs(one, other);
  const changed: number[] = [];
  const added: number[] = [];
  const gone = new Map<number, number>();
  let [atOne, atOther] = [0, 0];
  for (const [nextOne, nextOther] of [...pairs, [one.length, other.length] as const]) {
    const both = Math.min(nextOne - atOne, nextOther - atOther);
    for (let at = atOne; at < nextOne; at += 1)
      (at < atOne + both ? changed : added).push(start + at);
    const lost = nextOther - atOther - both;
    if (lost > 0) gone.set(start + nextOne, lost);
    [atOne, atOther] = [nextOne + 1, nextOther + 1];
  }
  return { changed, added, gone };
}

function marksIn(marks: Uint8Array): string[] {
  const digits = Buffer.from(marks).toString("hex");
  return digits.match(new RegExp(`.{1,${2 * MARK_BYTES}}`, "g")) ?? [];
}

function commonStart(one: readonly string[], other: readonly string[]): number {
  const first = one.findIndex((each, place) => each !== other[place]);
  return first === -1 ? one.length : first;
}

/** Returns the places of the longest list that is part of both, in its order. */
function commonPairs(
  one: readonly string[],
  other: readonly string[],
): (readonly [number, number])[] {
  const width = other.length + 1;
  const lengths = new Uint16Array((one.length + 1) * width);
  const at = (row: number, column: number) => lengths[row * width + column] ?? 0;
  for (let row = one.length - 1; row >= 0; row -= 1) {
    for (let column = other.length - 1; column >= 0; column -= 1) {
      lengths[row * width + column] =
        one[row] === other[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const pairs: (readonly [number, number])[] = [];
  let [row, column] = [0, 0];
  while (row < one.length && column < other.length) {
    if (one[row] === other[column]) pairs.push([row++, column++]);
    else if (at(row + 1, column) >= at(row, column + 1)) row += 1;
    else column += 1;
  }
  return pairs;
}
