import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  appendFile,
  mkdir,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSources, type FileStat } from "../../src/index.ts";
import { failure, readAll } from "../../src/testing/index.ts";
import { makeTree, type Tree } from "./tree.ts";

let tree: Tree;
beforeEach(async () => {
  tree = await makeTree();
});
afterEach(async () => {
  await tree.remove();
});

describe("Opening a source", () => {
  it("fails when the source isn't there", async () => {
    expect(await failure(tree.open(tree.at("none")))).toMatchObject({ code: "SOURCE_NOT_FOUND" });
  });

  it("fails when the source isn't a folder", async () => {
    await writeFile(tree.at("file"), "x");
    expect(await failure(tree.open(tree.at("file")))).toMatchObject({ code: "SOURCE_UNREADABLE" });
  });

  it("refuses a link that leads out of the roots", async () => {
    await mkdir(tree.at("root"));
    await mkdir(tree.at("outside/sub"), { recursive: true });
    await symlink(tree.at("outside"), tree.at("root/link"));
    for (const path of ["root/link", "root/link/sub"]) {
      expect(await failure(tree.open(tree.at(path), [tree.at("root")]))).toMatchObject({
        code: "SOURCE_OUTSIDE_ROOTS",
      });
    }
  });

  it("accepts a root that is itself a link, beside one that is missing", async () => {
    await mkdir(tree.at("real/source"), { recursive: true });
    await writeFile(tree.at("real/source/file"), "x");
    await symlink(tree.at("real"), tree.at("root"));
    const source = await tree.open(tree.at("root/source"), [tree.at("missing"), tree.at("root")]);
    const seen = [];
    for await (const entry of source.walk({})) seen.push(entry.path);
    expect(seen).toEqual(["file"]);
  });
});

describe("Opening a file", () => {
  const walked = { size: 5, modifiedAt: 1_700_000_000_123 };
  beforeEach(async () => {
    await mkdir(tree.at("source/sub"), { recursive: true });
    await mkdir(tree.at("outside"));
    for (const path of ["source/sub/file", "outside/file"]) {
      await writeFile(tree.at(path), "hello");
      await utimes(tree.at(path), 1_700_000_000.123, 1_700_000_000.123);
    }
  });
  /** A small file is opened when it is read. */
  const open = async (path: string, expected = walked) => {
    const source = await tree.open(tree.at("source"), [tree.root]);
    const file = await source.open({ path }, expected);
    return { file, ...(await readAll(file)) };
  };

  it("succeeds when the file is as expected", async () => {
    const { file, bytes, sha256 } = await open("sub/file");
    expect(file).toMatchObject(walked);
    expect(bytes.toString()).toBe("hello");
    expect(sha256).toEqual(createHash("sha256").update("hello").digest());
    await file[Symbol.asyncDispose]();
  });

  it("opens a file at once when nothing is expected of it, or fails when it isn't there", async () => {
    const source = await tree.open(tree.at("source"), [tree.root]);
    const file = await source.open({ path: "sub/file" }, undefined);
    expect(file).toMatchObject(walked);
    await file[Symbol.asyncDispose]();
    const error = await failure(source.open({ path: "sub/other" }, undefined));
    expect(error).toMatchObject({ code: "SOURCE_NOT_FOUND", details: { path: "sub/other" } });
  });

  it.each([
    ["its size", { ...walked, size: 4 }, /its size from 4 to 5 bytes/],
    ["its time", { ...walked, modifiedAt: 1 }, /its time from 1970-.* to 2023-/],
    ["size and time", { size: 4, modifiedAt: 1 }, /size .* and its time/],
  ])("names what changed: %s", async (_, expected, message) => {
    const error = await failure(open("sub/file", expected));
    expect(error).toMatchObject({ code: "SOURCE_CHANGED" });
    expect((error as Error).message).toMatch(message);
  });

  it("fails when the file or its folder is gone", async () => {
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

  it("refuses a folder that was swapped for a link out of the source, even when an equal file lies there", async () => {
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

describe("Reading a file", () => {
  const content = Buffer.alloc(1_600 * 1024, "0123456789abcdef!");
  const openFile = async (path: string, expected?: FileStat) =>
    (await tree.open()).open({ path }, expected);
  const sha256 = createHash("sha256").update(content).digest();
  beforeEach(async () => {
    await writeFile(tree.at("big"), content);
  });

  it.each([5000, 300_000, 262_144, content.length])(
    "returns all bytes in pieces of %i, with the digest of the whole, and again when it is rewound",
    async (length) => {
      const file = await openFile("big");
      for (const _ of ["once", "again"]) {
        const whole = await readAll(file, length);
        expect(whole.bytes.equals(content)).toBe(true);
        expect(whole.sha256).toEqual(sha256);
        await file.rewind();
      }
      await file[Symbol.asyncDispose]();
    },
  );

  it("returns an empty piece for an empty file", async () => {
    await writeFile(tree.at("zero"), "");
    const file = await openFile("zero");
    const { bytes, sha256: digest } = await readAll(file);
    expect(bytes).toHaveLength(0);
    expect(digest).toEqual(createHash("sha256").digest());
    await file[Symbol.asyncDispose]();
  });

  it.each([
    ["grows", () => appendFile(tree.at("big"), "more")],
    ["is cut", () => truncate(tree.at("big"), 270_000)],
    ["is written in place", () => utimes(tree.at("big"), 1, 1)],
  ])("detects that the file %s meanwhile, before it returns the last byte", async (_, change) => {
    const file = await openFile("big");
    const half = content.length / 2;
    (await file.read(half)).release();
    await change();
    expect(await failure(file.read(half))).toMatchObject({ code: "SOURCE_CHANGED" });
    await file[Symbol.asyncDispose]();
  });

  it("detects that an empty file has grown", async () => {
    await writeFile(tree.at("zero"), "");
    const file = await openFile("zero");
    await appendFile(tree.at("zero"), "x");
    expect(await failure(file.read(0))).toMatchObject({ code: "SOURCE_CHANGED" });
    await file[Symbol.asyncDispose]();
  });

  it.skipIf(process.platform !== "linux")(
    "never takes a file for empty that only says it is: /proc reports no sizes",
    async () => {
      const source = await tree.open("/proc", ["/proc"]);
      const { mtimeMs, size } = await stat("/proc/version");
      expect(size).toBe(0);
      for (const expected of [undefined, { size, modifiedAt: Math.floor(mtimeMs) }]) {
        const file = await source.open({ path: "version" }, expected);
        const error = await failure(file.read(0));
        expect(error).toMatchObject({ code: "SOURCE_CHANGED", details: { size: 0 } });
        expect((error as Error).message).toContain("copy it to a disk");
        await file[Symbol.asyncDispose]();
      }
    },
  );

  it("refuses to read more than the file has", async () => {
    const file = await openFile("big");
    expect(await failure(file.read(content.length + 1))).toMatchObject({ code: "SOURCE_CHANGED" });
    await file[Symbol.asyncDispose]();
  });

  it("fails once the sources are closed, and works again for a file that is opened anew", async () => {
    const own = createSources({ memoryBytes: 1024 * 1024, roots: [tree.root], dataDir: undefined });
    const source = await own.open({ type: "directory", path: tree.root }, undefined);
    const file = await source.open({ path: "big" }, undefined);
    await own.close();
    expect(await failure(file.read(5))).toMatchObject({ code: "SOURCE_IO" });
    const again = await source.open({ path: "big" }, undefined);
    expect((await readAll(again)).sha256).toEqual(sha256);
    await own.close();
  });
});
