import { mkdir, rename, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FileStat } from "../../src/index.ts";
import { failure, readAll } from "../../src/testing/index.ts";
import { makeTree, openSource, type Tree } from "./tree.ts";

/** Links are followed in `roots/source`; all of `roots` may be read, and nothing else. */
let tree: Tree;
beforeEach(async () => {
  tree = await makeTree();
  await mkdir(tree.at("roots/source"), { recursive: true });
  await mkdir(tree.at("roots/other"));
  await mkdir(tree.at("outside"));
});
afterEach(async () => {
  await tree.remove();
});

const following = () =>
  openSource({ type: "directory", path: tree.at("roots/source"), follow_symlinks: true }, [
    tree.at("roots"),
  ]);

async function walk() {
  const entries = [];
  for await (const entry of (await following()).walk({})) entries.push(entry);
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function contentOf(path: string, expected?: FileStat, source = following()) {
  const file = await (await source).open({ path }, expected);
  const content = (await readAll(file)).bytes.toString();
  await file[Symbol.asyncDispose]();
  return content;
}

describe("A source whose symbolic links are followed", () => {
  it("yields files and folders behind links under the links' names, with the stat of what they lead to", async () => {
    await writeFile(tree.at("roots/other/file"), "other");
    await utimes(tree.at("roots/other/file"), 1_700_000_000, 1_700_000_000);
    await writeFile(tree.at("roots/source/own"), "own");
    await symlink("../other", tree.at("roots/source/folder"));
    await symlink(tree.at("roots/other/file"), tree.at("roots/source/absolute"));
    await symlink("absolute", tree.at("roots/source/twice"));
    const stat = { kind: "file", size: 5, modifiedAt: 1_700_000_000_000 };
    expect(await walk()).toEqual([
      { ...stat, path: "absolute" },
      { ...stat, path: "folder/file" },
      { kind: "file", path: "own", size: 3, modifiedAt: expect.any(Number) },
      { ...stat, path: "twice" },
    ]);
    for (const path of ["absolute", "folder/file", "twice"])
      expect(await contentOf(path)).toBe("other");
  });

  it("never leaves the roots, by whatever way", async () => {
    await writeFile(tree.at("outside/secret"), "secret");
    await symlink(tree.at("outside/secret"), tree.at("roots/source/file"));
    await symlink(tree.at("outside"), tree.at("roots/source/folder"));
    await symlink("../../outside/secret", tree.at("roots/other/relay"));
    await symlink("../other/relay", tree.at("roots/source/relayed"));
    expect(await walk()).toMatchObject(
      ["file", "folder", "relayed"].map((path) => ({
        kind: "faulty",
        path,
        error: { code: "SOURCE_OUTSIDE_ROOTS", message: expect.stringContaining(path) },
      })),
    );
    for (const path of ["file", "folder/secret", "relayed"]) {
      expect(await failure(contentOf(path))).toMatchObject({ code: "SOURCE_OUTSIDE_ROOTS" });
    }
  });

  it("refuses a link that was turned to the outside since it was walked, even when an equal file lies there", async () => {
    for (const at of ["roots/other/file", "outside/file"]) {
      await writeFile(tree.at(at), "equal");
      await utimes(tree.at(at), 1, 1);
    }
    await symlink("../other/file", tree.at("roots/source/link"));
    const source = following();
    await source;
    await rm(tree.at("roots/source/link"));
    await symlink(tree.at("outside/file"), tree.at("roots/source/link"));
    const opening = contentOf("link", { size: 5, modifiedAt: 1000 }, source);
    expect(await failure(opening)).toMatchObject({ code: "SOURCE_OUTSIDE_ROOTS" });
  });

  it("detects a changed file behind a link", async () => {
    await writeFile(tree.at("roots/other/file"), "first");
    await symlink("../other/file", tree.at("roots/source/link"));
    const { mtimeMs } = await stat(tree.at("roots/other/file"));
    const source = following();
    await source;
    await writeFile(tree.at("roots/other/file"), "second");
    const opening = contentOf("link", { size: 5, modifiedAt: Math.floor(mtimeMs) }, source);
    expect(await failure(opening)).toMatchObject({ code: "SOURCE_CHANGED" });
  });

  it("reports a link back to a folder above once, and takes a file once for each way to it", async () => {
    await mkdir(tree.at("roots/source/a/b"), { recursive: true });
    await writeFile(tree.at("roots/source/a/file"), "x");
    await symlink("../..", tree.at("roots/source/a/b/up"));
    await symlink("a", tree.at("roots/source/z"));
    expect(await walk()).toMatchObject([
      { kind: "skipped", path: "a/b/up", reason: "loop" },
      { kind: "file", path: "a/file" },
      { kind: "skipped", path: "z/b/up", reason: "loop" },
      { kind: "file", path: "z/file" },
    ]);
  });

  it("doesn't walk itself inside a folder above it", async () => {
    await writeFile(tree.at("roots/other/file"), "x");
    await symlink("..", tree.at("roots/source/above"));
    expect(await walk()).toMatchObject([
      { kind: "file", path: "above/other/file" },
      { kind: "skipped", path: "above/source", reason: "loop" },
    ]);
  });

  it("reports links that lead nowhere, or to themselves", async () => {
    await symlink("nothing", tree.at("roots/source/dangling"));
    await symlink("self", tree.at("roots/source/self"));
    expect(await walk()).toMatchObject(
      [
        { path: "dangling", error: { code: "SOURCE_NOT_FOUND", message: /isn't there/ } },
        { path: "self", error: { code: "SOURCE_NOT_FOUND", message: /to itself/ } },
      ].map((entry) => ({
        ...entry,
        error: { code: entry.error.code, message: expect.stringMatching(entry.error.message) },
      })),
    );
  });

  it("reveals nothing of what lies outside, not even whether it is there", async () => {
    await writeFile(tree.at("outside/secret"), "secret");
    await mkdir(tree.at("outside/deep"));
    await symlink("../../outside", tree.at("roots/other/out"));
    await symlink("../../outside/deep", tree.at("roots/other/deep"));
    const targets = [
      tree.at("outside/secret"),
      tree.at("outside/nothing"),
      tree.at("outside/secret/below"),
      "../../outside/nothing",
      "../other/out/nothing",
      "../other/deep/../secret",
      "../other/deep/../nothing",
      `${tree.at("roots/other")}/../../nothing`,
      "/",
    ];
    for (const [index, target] of targets.entries())
      await symlink(target, tree.at(`roots/source/link ${index}`));
    const entries = await walk();
    expect(entries).toHaveLength(targets.length);
    for (const entry of entries) {
      const { path, error } = entry as Extract<typeof entry, { kind: "faulty" }>;
      expect(error).toMatchObject({ code: "SOURCE_OUTSIDE_ROOTS", details: { path } });
      expect(error.message).toBe(
        `${path} is a symbolic link that leads out of the folders that may be read.`,
      );
      expect(Object.keys(error.details)).toEqual(["path"]);
      const opening = (await following()).open({ path }, undefined);
      expect(await failure(opening)).toMatchObject({
        code: "SOURCE_OUTSIDE_ROOTS",
        message: error.message,
      });
    }
  });

  it("doesn't go into a folder behind a link that was swapped for one to the outside", async () => {
    await mkdir(tree.at("roots/other/sub"));
    await writeFile(tree.at("outside/secret"), "secret");
    await writeFile(tree.at("roots/source/file"), "x");
    await symlink("../other/sub", tree.at("roots/source/link"));
    const seen = [];
    for await (const entry of (await following()).walk({})) {
      if (seen.push(entry) > 1) continue;
      // The link has been followed; the folder that it led to is swapped before it is opened.
      await rename(tree.at("roots/other/sub"), tree.at("roots/other/moved"));
      await symlink(tree.at("outside"), tree.at("roots/other/sub"));
    }
    expect(seen).toMatchObject([
      { kind: "file", path: "file" },
      { kind: "faulty", path: "link", error: { code: "SOURCE_OUTSIDE_ROOTS" } },
    ]);
  });
});
