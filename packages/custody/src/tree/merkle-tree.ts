import { hash } from "node:crypto";
import { type DigestName, digestOf, type HexDigest } from "../digest/digest.ts";

// The tree of RFC 6962, section 2.1 (RFC 9162 has the same): leaves are hashed behind a byte 0x00,
// nodes behind 0x01, so that none can pass for the other. An odd leaf isn't doubled.

const DIGEST_BYTES = 32;

/** Returns the hash of a leaf; `line` is its text, without an end of line. */
export function leafHash(line: string, name: DigestName = "sha256"): HexDigest {
  return hash(name, `\0${line}`, "hex");
}

/** Returns the hash of a node. */
export function nodeHash(left: HexDigest, right: HexDigest, name: DigestName): HexDigest {
  const bytes = Buffer.allocUnsafe(1 + 2 * DIGEST_BYTES);
  bytes[0] = 1;
  bytes.write(left, 1, "hex");
  bytes.write(right, 1 + DIGEST_BYTES, "hex");
  return hash(name, bytes, "hex");
}

/**
 * Makes the root of a list of leaves that come one by one, in memory that grows with the logarithm
 * of their number.
 */
export class MerkleTree {
  readonly #name: DigestName;
  /** The roots of full subtrees, from the largest to the smallest. */
  readonly #full: HexDigest[] = [];
  #size = 0;

  constructor(name: DigestName = "sha256") {
    this.#name = name;
  }

  /** How many leaves have been added. */
  get size(): number {
    return this.#size;
  }

  /** Adds the hash of the next leaf. */
  add(leaf: HexDigest): void {
    let node = leaf;
    // Each one at the end of the size, in binary, is a full subtree as large as the new one.
    for (let rest = this.#size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      node = nodeHash(this.#full.pop() as HexDigest, node, this.#name);
    }
    this.#full.push(node);
    this.#size += 1;
  }

  /** Returns the root of all leaves so far; of none, the digest of nothing. */
  root(): HexDigest {
    const last = this.#full.at(-1);
    if (last === undefined) return digestOf("", this.#name);
    return this.#full
      .slice(0, -1)
      .reduceRight((right, left) => nodeHash(left, right, this.#name), last);
  }
}

/** Returns the root of a list of leaves' hashes. */
export function rootOf(leaves: Iterable<HexDigest>, name: DigestName = "sha256"): HexDigest {
  const tree = new MerkleTree(name);
  for (const leaf of leaves) tree.add(leaf);
  return tree.root();
}
