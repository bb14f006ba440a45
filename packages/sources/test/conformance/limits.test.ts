import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { failure, readAll } from "../../src/testing/index.ts";
import { makeTree, openSource, type Tree } from "./tree.ts";

/** `roots` may be read, and by whoever asks only what lies below `roots/mine`. */
let tree: Tree;
beforeEach(async () => {
  tree = await makeTree();
  await mkdir(tree.at("roots/mine/source"), { recursive: true });
  await mkdir(tree.at("roots/theirs"));
  await writeFile(tree.at("roots/theirs/secret"), "secret");
});
afterEach(async () => {
  await tree.remove();
});

const open = (path: string, limits: readonly string[] | undefined = [tree.at("roots/mine")]) =>
  openSource({ type: "directory", path, follow_symlinks: true }, [tree.at("roots")], { limits });

async function walk() {
  const entries = [];
  for await (const entry of (await open(tree.at("roots/mine/source"))).walk({}))
    entries.push(entry);
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function contentOf(path: string) {
  const file = await (await open(tree.at("roots/mine/source"))).open({ path }, undefined);
  const content = (await readAll(file)).bytes.toString();
  await file[Symbol.asyncDispose]();
  return content;
}

describe("A source that is read within limits", () => {
  it("follows links within them, and none to another folder that the roots would allow", async () => {
    await writeFile(tree.at("roots/mine/other"), "other");
    await symlink("../other", tree.at("roots/mine/source/inside"));
    await symlink(tree.at("roots/theirs/secret"), tree.at("roots/mine/source/file"));
    await symlink("../../theirs", tree.at("roots/mine/source/folder"));
    expect(await walk()).toMatchObject([
      { kind: "faulty", path: "file", error: { code: "SOURCE_OUTSIDE_ROOTS" } },
      { kind: "faulty", path: "folder", error: { code: "SOURCE_OUTSIDE_ROOTS" } },
      { kind: "file", path: "inside", size: 5 },
    ]);
    expect(await contentOf("inside")).toBe("other");
    for (const path of ["file", "folder/secret"])
      expect(await failure(contentOf(path))).toMatchObject({ code: "SOURCE_OUTSIDE_ROOTS" });
    // The links themselves are good ones: without limits they are followed.
    const unlimited = await openSource(
      { type: "directory", path: tree.at("roots/mine/source"), follow_symlinks: true },
      [tree.at("roots")],
    );
    const paths = [];
    for await (const { kind, path } of unlimited.walk({})) paths.push(`${kind} ${path}`);
    expect(paths.sort()).toEqual(["file file", "file folder/secret", "file inside"]);
  });

  it("isn't opened behind a link to another's folder, and tells nothing of what is there", async () => {
    await symlink("../theirs", tree.at("roots/mine/out"));
    await symlink("../theirs/nothing", tree.at("roots/mine/gone"));
    await mkdir(tree.at("roots/theirs/deep"));
    await symlink("../theirs/deep", tree.at("roots/mine/deep"));
    await symlink("deep/../secret", tree.at("roots/mine/round"));
    await symlink("deep/../nothing", tree.at("roots/mine/round-gone"));
    for (const name of ["out", "out/nothing", "out/secret", "gone", "round", "round-gone"]) {
      const path = tree.at("roots/mine", name);
      const message = `The source ${path} lies outside the folders that may be read: ${tree.at("roots/mine")}.`;
      expect(await failure(open(path))).toMatchObject({
        code: "SOURCE_OUTSIDE_ROOTS",
        message,
        details: { path },
      });
    }
    expect(await failure(open(tree.at("roots/mine/nothing")))).toMatchObject({
      code: "SOURCE_NOT_FOUND",
    });
  });

  it("resolves `..` before links, as the check by text does", async () => {
    await symlink("../theirs", tree.at("roots/mine/out"));
    await writeFile(tree.at("roots/mine/source/own"), "own");
    const entries = [];
    for await (const entry of (await open(`${tree.at("roots/mine/out")}/../source`)).walk({}))
      entries.push(entry);
    expect(entries).toMatchObject([{ kind: "file", path: "own" }]);
  });

  it("may lie below a limit that is a link itself, unless that leads out of the roots", async () => {
    await writeFile(tree.at("roots/mine/source/own"), "own");
    await symlink("mine", tree.at("roots/alias"));
    const alias = tree.at("roots/alias");
    const entries = [];
    for await (const entry of (await open(`${alias}/source`, [alias])).walk({}))
      entries.push(entry);
    expect(entries).toMatchObject([{ kind: "file", path: "own" }]);

    await mkdir(tree.at("outside/source"), { recursive: true });
    await rm(alias);
    await symlink("../outside", alias);
    for (const name of ["source", "nothing"])
      expect(await failure(open(`${alias}/${name}`, [alias]))).toMatchObject({
        code: "SOURCE_OUTSIDE_ROOTS",
      });
  });

  it("has nothing to read when no limit is there", async () => {
    const gone = tree.at("roots/gone");
    expect(await failure(open(tree.at("roots/mine/source"), [gone]))).toMatchObject({
      code: "SOURCE_OUTSIDE_ROOTS",
    });
    expect(await failure(open(`${gone}/a`, [gone]))).toMatchObject({ code: "SOURCE_NOT_FOUND" });
  });
});
