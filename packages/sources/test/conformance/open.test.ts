import { execFile } from "node:child_process";
import {
  appendFile,
  mkdir,
  rename,
  rm,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bytesOf, failure, makeTree, type Tree } from "./tree.ts";

let tree: Tree;
beforeEach(async () => {
  tree = await makeTree();
});
afterEach(async () => {
  await tree.remove();
});

describe("openSource", () => {
  it("says that a source isn't there", async () => {
    expect(await failure(tree.open(tree.at("none")))).toMatchObject({ code: "SOURCE_NOT_FOUND" });
  });

  it("says that a source isn't a folder", async () => {
    await writeFile(tree.at("file"), "x");
    expect(await failure(tree.open(tree.at("file")))).toMatchObject({ code: "SOURCE_UNREADABLE" });
  });

  it("refuses a source that is a link out of the roots", async () => {
    await mkdir(tree.at("root"));
    await mkdir(tree.at("outside/sub"), { recursive: true });
    await symlink(tree.at("outside"), tree.at("root/link"));
    for (const path of ["root/link", "root/link/sub"]) {
      expect(await failure(tree.open(tree.at(path), [tree.at("root")]))).toMatchObject({
        code: "SOURCE_OUTSIDE_ROOTS",
      });
    }
  });

  it("takes a root that is itself a link, and isn't harmed by one that is missing", async () => {
    await mkdir(tree.at("real/source"), { recursive: true });
    await writeFile(tree.at("real/source/file"), "x");
    await symlink(tree.at("real"), tree.at("root"));
    const source = await tree.open(tree.at("root/source"), [tree.at("missing"), tree.at("root")]);
    const seen = [];
    for await (const entry of source.walk({})) seen.push(entry.path);
    expect(seen).toEqual(["file"]);
  });
});

describe("open", () => {
  const facts = { size: 5, modifiedAt: 1_700_000_000_123 };
  beforeEach(async () => {
    await mkdir(tree.at("source/sub"), { recursive: true });
    await mkdir(tree.at("outside"));
    for (const path of ["source/sub/file", "outside/file"]) {
      await writeFile(tree.at(path), "hello");
      await utimes(tree.at(path), 1_700_000_000.123, 1_700_000_000.123);
    }
  });
  const open = async (path: string, expected = facts) =>
    (await tree.open(tree.at("source"), [tree.root])).open(path, expected);

  it("opens a file that is as expected", async () => {
    const file = await open("sub/file");
    expect(file).toMatchObject(facts);
    expect((await bytesOf(file.read(0, 5))).toString()).toBe("hello");
    await file.close();
  });

  it.each([
    ["its size", { ...facts, size: 4 }, /its size from 4 to 5 bytes/],
    ["its time", { ...facts, modifiedAt: 1 }, /its time from 1970-.* to 2023-/],
    ["size and time", { size: 4, modifiedAt: 1 }, /size .* and its time/],
  ])("names what changed: %s", async (_, expected, message) => {
    const error = await failure(open("sub/file", expected));
    expect(error).toMatchObject({ code: "SOURCE_CHANGED" });
    expect((error as Error).message).toMatch(message);
  });

  it("says that a file or its folder is gone", async () => {
    expect(await failure(open("sub/other"))).toMatchObject({ code: "SOURCE_NOT_FOUND" });
    expect(await failure(open("sub/file/x"))).toMatchObject({ code: "SOURCE_NOT_FOUND" });
  });

  it.each([
    "../outside/file",
    "sub/../../outside/file",
    "/etc/passwd",
    "",
    ".",
    "sub//file",
    "a\0b",
  ])("refuses the path %j", async (path) => {
    expect(await failure(open(path))).toMatchObject({ code: "SOURCE_OUTSIDE_ROOTS" });
  });

  it("refuses a file that was swapped for a link", async () => {
    await rm(tree.at("source/sub/file"));
    await symlink(tree.at("outside/file"), tree.at("source/sub/file"));
    expect(await failure(open("sub/file"))).toMatchObject({ code: "SOURCE_UNREADABLE" });
  });

  it("refuses a folder that was swapped for a link out of the source, even to an equal file", async () => {
    await rm(tree.at("source/sub"), { recursive: true });
    await symlink(tree.at("outside"), tree.at("source/sub"));
    expect(await failure(open("sub/file"))).toMatchObject({ code: "SOURCE_OUTSIDE_ROOTS" });
  });

  it("refuses a folder that was swapped for a link within the source", async () => {
    await rename(tree.at("source/sub"), tree.at("source/other"));
    await symlink(tree.at("source/other"), tree.at("source/sub"));
    expect(await failure(open("sub/file"))).toMatchObject({ code: "SOURCE_CHANGED" });
  });

  it("doesn't hang on a file that was swapped for a FIFO", async () => {
    await rm(tree.at("source/sub/file"));
    await promisify(execFile)("mkfifo", [tree.at("source/sub/file")]);
    expect(await failure(open("sub/file"))).toMatchObject({ code: "SOURCE_UNREADABLE" });
  });

  it("refuses a file that was swapped for a folder", async () => {
    await rm(tree.at("source/sub/file"));
    await mkdir(tree.at("source/sub/file"));
    expect(await failure(open("sub/file"))).toMatchObject({ code: "SOURCE_UNREADABLE" });
  });
});

describe("read", () => {
  const content = Buffer.alloc(600 * 1024, "0123456789abcdef!");
  const openBig = async () => (await tree.open()).open("big", undefined);
  beforeEach(async () => {
    await writeFile(tree.at("big"), content);
  });

  it("gives any range exactly, in chunks that stay as they are", async () => {
    const file = await openBig();
    for (const [start, end] of [
      [0, content.length],
      [1, 300_000],
      [262_144, 262_145],
      [7, 7],
    ] as const) {
      expect(await bytesOf(file.read(start, end))).toEqual(content.subarray(start, end));
    }
    await file.close();
  });

  it("serves two readers side by side", async () => {
    const file = await openBig();
    const halves = await Promise.all(
      [file.read(0, 300_000), file.read(300_000, content.length)].map(bytesOf),
    );
    expect(Buffer.concat(halves)).toEqual(content);
    await file.close();
  });

  it("reads an empty file", async () => {
    await writeFile(tree.at("zero"), "");
    const file = await (await tree.open()).open("zero", undefined);
    expect(await bytesOf(file.read(0, 0))).toHaveLength(0);
    await file.close();
  });

  it.each([
    ["grows", () => appendFile(tree.at("big"), "more")],
    ["is cut", () => truncate(tree.at("big"), 270_000)],
    ["is written in place", () => utimes(tree.at("big"), 1, 1)],
  ])("finds a file that %s while it is read, before the last byte is given", async (_, change) => {
    const file = await openBig();
    let given = 0;
    const reading = (async () => {
      for await (const chunk of file.read(0, content.length)) {
        if (given === 0) await change();
        given += chunk.length;
      }
    })();
    expect(await failure(reading)).toMatchObject({ code: "SOURCE_CHANGED" });
    expect(given).toBeLessThan(content.length);
    await file.close();
  });

  it("finds that an empty file has grown", async () => {
    await writeFile(tree.at("zero"), "");
    const file = await (await tree.open()).open("zero", undefined);
    await appendFile(tree.at("zero"), "x");
    expect(await failure(bytesOf(file.read(0, 0)))).toMatchObject({ code: "SOURCE_CHANGED" });
    await file.close();
  });

  it("refuses a range that the file doesn't have", async () => {
    const file = await openBig();
    expect(await failure(bytesOf(file.read(0, content.length + 1)))).toMatchObject({
      code: "INTERNAL",
    });
    await file.close();
  });
});
