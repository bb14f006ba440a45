import type { DigestName, HexDigest } from "../digest/digest.ts";
import { nodeHash, rootOf } from "./merkle-tree.ts";

/**
 * Returns the path that proves a leaf's place in a tree (RFC 9162, section 2.1.3.1): the siblings'
 * hashes, from the leaf's to the one below the root. `index` counts from 0.
 */
export function inclusionPath(
  leaves: readonly HexDigest[],
  index: number,
  name: DigestName = "sha256",
): HexDigest[] {
  if (leaves.length <= 1) return [];
  const middle = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  const left = leaves.slice(0, middle);
  const right = leaves.slice(middle);
  return index < middle
    ? [...inclusionPath(left, index, name), rootOf(right, name)]
    : [...inclusionPath(right, index - middle, name), rootOf(left, name)];
}

interface Inclusion {
  /** The leaf's hash. */
  leaf: HexDigest;
  /** Its place, from 0. */
  index: number;
  /** How many leaves the tree has. */
  leaves: number;
  path: readonly HexDigest[];
}

/**
 * Returns the root that a path leads to (RFC 9162, section 2.1.3.2), which has to be compared with
 * the tree's; undefined if no tree of that size has such a path.
 */
export function rootByPath(
  { leaf, index, leaves, path }: Inclusion,
  name: DigestName = "sha256",
): HexDigest | undefined {
  if (index < 0 || index >= leaves) return undefined;
  let node = leaf;
  let at = index;
  let last = leaves - 1;
  for (const sibling of path) {
    if (last === 0) return undefined;
    if (at % 2 === 1 || at === last) {
      node = nodeHash(sibling, node, name);
      // Where the last node has no right neighbour, it is its own parent.
      while (at % 2 === 0 && at !== 0) {
        at /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      node = nodeHash(node, sibling, name);
    }
    at = Math.floor(at / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? node : undefined;
}
