import { link, mkdir, symlink, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { boundlessRoots } from "../../src/index.ts";
import { readAll } from "../../src/testing/index.ts";
import { makeTree, openSource, type Tree } from "./tree.ts";

let tree: Tree;
beforeEach(async () => {
  tree = await makeTree();
});
afterEach(async () => {
  await tree.remove();
});

it("A root that is a whole file system is found, however it is written", async () => {
  await symlink("/", tree.at("link"));
  const boundless = ["/", "//", "/tmp/..", tree.at("link")];
  const bounded = [tree.at(""), "/tmp", tree.at("nowhere")];
  expect(await boundlessRoots([...bounded, ...boundless])).toEqual(boundless);
});

it("A hard link is a file, wherever its other name is", async () => {
  await mkdir(tree.at("root/source"), { recursive: true });
  await writeFile(tree.at("outside"), "both names");
  await link(tree.at("outside"), tree.at("root/source/a.txt"));
  const source = await openSource({ type: "directory", path: tree.at("root/source") }, [
    tree.at("root"),
  ]);
  await using file = await source.open({ path: "a.txt" }, undefined);
  expect((await readAll(file)).bytes.toString()).toBe("both names");
});
