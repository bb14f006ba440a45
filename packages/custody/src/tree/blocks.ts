import type { DigestName, HexDigest } from "../digest/digest.ts";
import { inclusionPath } from "./inclusion.ts";

/**
 * How many leaves a block has; the last one may have fewer. Because it is a power of 2, each block
 * is a subtree, and the tree over the blocks' roots has the root of all leaves.
 */
export const BLOCK_LEAVES = 256;

/** How many bytes of each leaf's hash are kept with its block, to tell which leaf was changed. */
export const MARK_BYTES = 4;
const MARK_DIGITS = 2 * MARK_BYTES;

/** Returns what is kept of a block's leaves: the beginning of each one's hash. */
export function marksOf(leaves: readonly HexDigest[]): Buffer {
  return Buffer.from(leaves.map((leaf) => leaf.slice(0, MARK_DIGITS)).join(""), "hex");
}

/**
 * Returns the places in a block, from 0, of leaves that aren't what was kept of them; one that is
 * missing or added differs as well.
 */
export function changedLeaves(leaves: readonly HexDigest[], marks: Uint8Array): number[] {
  const kept = Buffer.from(marks).toString("hex");
  const count = Math.max(leaves.length, Math.ceil(kept.length / MARK_DIGITS));
  return Array.from({ length: count }, (_, place) => place).filter(
    (place) =>
      leaves[place]?.slice(0, MARK_DIGITS) !==
      (kept.slice(place * MARK_DIGITS, (place + 1) * MARK_DIGITS) || undefined),
  );
}

/** A leaf of a tree that is known by its blocks. */
interface LeafOfBlock {
  /** Its place among all leaves, from 0. */
  index: number;
  /** The hashes of its block's leaves. */
  block: readonly HexDigest[];
  /** The roots of all blocks. */
  roots: readonly HexDigest[];
}

/** Returns a leaf's path by its block and the roots of all: the same as from all leaves. */
export function pathByBlocks(
  { index, block, roots }: LeafOfBlock,
  name: DigestName = "sha256",
): HexDigest[] {
  return [
    ...inclusionPath(block, index % BLOCK_LEAVES, name),
    ...inclusionPath(roots, Math.floor(index / BLOCK_LEAVES), name),
  ];
}
