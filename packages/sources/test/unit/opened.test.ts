import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { link, mkdir, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkOpened, openedPath } from "../../src/file-system/opened.ts";
import { makeTree, type Tree } from "../conformance/tree.ts";

let tree: Tree;
beforeEach(async () => {
  tree = await makeTree();
  for (const folder of ["source", "outside"]) await mkdir(tree.at(folder));
  await writeFile(tree.at("source/own"), "own");
  await writeFile(tree.at("source/another"), "another");
  await writeFile(tree.at("outside/theirs"), "theirs");
});
afterEach(() => tree.remove());

/** Checks a file that was opened at one path as if another had led to it. */
function check(opened: string, where: string) {
  const descriptor = openSync(tree.at(opened), constants.O_RDONLY);
  try {
    const place = { bounds: [tree.at("source")] };
    checkOpened(openedPath(descriptor), fstatSync(descriptor), place, tree.at(where), where);
  } finally {
    closeSync(descriptor);
  }
}

describe("what was opened", () => {
  it("is taken where it lies", () => {
    expect(() => check("source/own", "source/own")).not.toThrow();
  });

  it("isn't taken for another file of the source", () => {
    const error = expect.objectContaining({ code: "SOURCE_CHANGED" });
    expect(() => check("source/another", "source/own")).toThrow(error);
  });

  it("is taken by another of its names inside of the source", async () => {
    await link(tree.at("source/own"), tree.at("source/OWN"));
    expect(() => check("source/OWN", "source/own")).not.toThrow();
  });

  // As when a folder was a link while the file was opened, and again while the path was looked at.
  it.runIf(process.platform === "linux")(
    "isn't taken when it lies outside, though the path now leads to the very same file",
    async () => {
      await link(tree.at("outside/theirs"), tree.at("source/theirs"));
      const error = expect.objectContaining({ code: "SOURCE_OUTSIDE_ROOTS" });
      expect(() => check("outside/theirs", "source/theirs")).toThrow(error);
    },
  );
});
