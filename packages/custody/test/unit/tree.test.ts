import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  BLOCK_LEAVES,
  changedLeaves,
  type DigestName,
  digestOf,
  leafHash,
  MerkleTree,
  marksOf,
  matchLeaves,
  pathByBlocks,
  rootOf,
} from "../../src/index.ts";
import { inclusionPath, rootByPath } from "../../src/tree/inclusion.ts";

const names: DigestName[] = ["sha256", "sm3"];

describe("a tree of RFC 6962", () => {
  test("one root, whether its leaves come one by one, all at once, or in blocks", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1100 }), fc.constantFrom(...names), (size, name) => {
        const leaves = leavesOf(size, name);
        const root = byDefinition(leaves, name);
        expect(rootOf(leaves, name)).toBe(root);
        expect(
          rootOf(
            blocksOf(leaves).map((block) => rootOf(block, name)),
            name,
          ),
        ).toBe(root);
      }),
      { numRuns: 60 },
    );
  });

  test("each leaf has a path to the root, of its block as of all, and no other leads there", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 900 }), fc.nat(), fc.nat(), (size, at, other) => {
        const leaves = leavesOf(size);
        const root = rootOf(leaves);
        const index = at % size;
        const block = blocksOf(leaves)[Math.floor(index / BLOCK_LEAVES)] as string[];
        const path = inclusionPath(leaves, index);
        expect(path.length).toBeLessThanOrEqual(Math.ceil(Math.log2(size)));
        expect(
          pathByBlocks({ index, block, roots: blocksOf(leaves).map((each) => rootOf(each)) }),
        ).toEqual(path);

        const proof = { leaf: leaves[index] as string, index, leaves: size, path };
        expect(rootByPath(proof)).toBe(root);
        expect(rootByPath({ ...proof, leaf: leafHash("another") })).not.toBe(root);
        expect(rootByPath({ ...proof, path: [...path, root] })).toBeUndefined();
        expect(rootByPath({ ...proof, index: size })).toBeUndefined();
        if (path.length > 0) expect(rootByPath({ ...proof, path: path.slice(1) })).not.toBe(root);
        if (other % size !== index)
          expect(rootByPath({ ...proof, index: other % size })).not.toBe(root);
      }),
      { numRuns: 60 },
    );
  });

  test("a tree tells its root and goes on", () => {
    const tree = new MerkleTree();
    for (const [index, leaf] of leavesOf(20).entries()) {
      tree.add(leaf);
      expect(tree.root()).toBe(byDefinition(leavesOf(index + 1), "sha256"));
      expect(tree.size).toBe(index + 1);
    }
  });
});

describe("what is kept of a block", () => {
  test("tells which leaves were changed, taken away or added", () => {
    const leaves = leavesOf(5);
    const marks = marksOf(leaves);
    expect(marks).toHaveLength(20);
    expect(changedLeaves(leaves, marks)).toEqual([]);
    expect(changedLeaves(leaves.with(3, leafHash("changed")), marks)).toEqual([3]);
    expect(changedLeaves(leaves.slice(0, 4), marks)).toEqual([4]);
    expect(changedLeaves([...leaves, leafHash("added")], marks)).toEqual([5]);
  });
});

function leavesOf(size: number, name: DigestName = "sha256"): string[] {
  return Array.from({ length: size }, (_, index) => leafHash(String(index), name));
}

function blocksOf(leaves: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(leaves.length / BLOCK_LEAVES) }, (_, number) =>
    leaves.slice(number * BLOCK_LEAVES, (number + 1) * BLOCK_LEAVES),
  );
}

/** The root as section 2.1 of RFC 6962 defines it. */
function byDefinition(leaves: readonly string[], name: DigestName): string {
  const [first] = leaves;
  if (first === undefined) return digestOf("", name);
  if (leaves.length === 1) return first;
  let middle = 1;
  while (middle * 2 < leaves.length) middle *= 2;
  const halves = [leaves.slice(0, middle), leaves.slice(middle)].map((half) =>
    byDefinition(half, name),
  );
  return digestOf(Buffer.from(`01${halves.join("")}`, "hex"), name);
}

describe("leaves that are compared with their marks", () => {
  const leaves = Array.from({ length: 256 }, (_, index) => leafHash(`leaf ${index}`));
  const marks = marksOf(leaves);
  const other = leafHash("other");

  test("are all the same", () => {
    expect(matchLeaves(leaves, marks)).toEqual({ changed: [], added: [], gone: new Map() });
  });

  test("tell which was changed, added or taken away, and no others", () => {
    expect(matchLeaves(leaves.with(7, other), marks).changed).toEqual([7]);
    expect(matchLeaves(leaves.toSpliced(7, 0, other), marks)).toMatchObject({
      changed: [],
      added: [7],
    });
    expect(matchLeaves(leaves.toSpliced(7, 2), marks)).toEqual({
      changed: [],
      added: [],
      gone: new Map([[7, 2]]),
    });
    expect(matchLeaves([], marks).gone).toEqual(new Map([[0, 256]]));
    const several = leaves.toSpliced(200, 1).with(3, other).toSpliced(100, 0, other);
    expect(matchLeaves(several, marks)).toEqual({
      changed: [3],
      added: [100],
      gone: new Map([[201, 1]]),
    });
  });

  test("with marks that are cut off are compared all the same", () => {
    expect(matchLeaves(leaves, marks.subarray(0, 10)).added.length).toBe(253);
  });
});
