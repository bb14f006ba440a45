import { execFile } from "node:child_process";
import { chmod, mkdir, rename, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { failure } from "../../src/testing/index.ts";
import { asNobody, makeTree, openSource, type Tree, walkAll } from "./tree.ts";

let tree: Tree;
beforeEach(async () => {
  tree = await makeTree();
});
afterEach(async () => {
  await tree.remove();
});

it("yields every file at every depth with its size and its time", async () => {
  await mkdir(tree.at("a/b/c"), { recursive: true });
  await writeFile(tree.at("one"), "1");
  await writeFile(tree.at("a/two"), "22");
  await writeFile(tree.at("a/b/c/three"), "333");
  await utimes(tree.at("one"), 1_700_000_000.25, 1_700_000_000.25);
  const entries = await walkAll(tree);
  expect(entries).toMatchObject([
    { kind: "file", path: "a/b/c/three", size: 3 },
    { kind: "file", path: "a/two", size: 2 },
    { kind: "file", path: "one", size: 1, modifiedAt: 1_700_000_000_250 },
  ]);
});

it("yields an empty file, and nothing for an empty folder", async () => {
  await mkdir(tree.at("empty"));
  await writeFile(tree.at("zero"), "");
  expect(await walkAll(tree)).toMatchObject([{ kind: "file", path: "zero", size: 0 }]);
});

it("keeps Chinese, emoji, decomposed and odd names as they are", async () => {
  const names = [
    "证据/录音 一.wav",
    "证据/👩‍⚖️.png",
    "cafe\u0301",
    "caf\u00e9",
    "\ufeffa",
    "a\nb",
    "a\\b",
    "-rf",
    "...",
  ];
  await mkdir(tree.at("证据"));
  for (const name of names) await writeFile(tree.at(name), name);
  expect((await walkAll(tree)).map(({ path }) => path)).toEqual(names.sort());
});

it("reports a name that isn't UTF-8, once for a folder, and goes on", async () => {
  const under = (name: number[]) => Buffer.concat([Buffer.from(tree.at("in/")), Buffer.from(name)]);
  await mkdir(tree.at("in"));
  await writeFile(under([0x61, 0xff]), "x");
  await mkdir(under([0xd6, 0xff]));
  await writeFile(under([0xd6, 0xff, 0x2f, 0x62]), "x");
  await writeFile(tree.at("in/good"), "x");
  expect(await walkAll(tree)).toMatchObject([
    { kind: "faulty", path: "./in/\\xd6\\xff", error: { code: "NAME_INVALID" } },
    { kind: "faulty", path: "./in/a\\xff", error: { code: "NAME_INVALID" } },
    { kind: "file", path: "in/good" },
  ]);
});

it("follows no symbolic link: not to a file, not into a circle, and none that leads nowhere", async () => {
  await mkdir(tree.at("a"));
  await writeFile(tree.at("a/file"), "x");
  await symlink(tree.at("a/file"), tree.at("to-file"));
  await symlink(tree.root, tree.at("a/up"));
  await symlink("nowhere", tree.at("dangling"));
  expect(await walkAll(tree)).toMatchObject([
    { kind: "file", path: "a/file" },
    { kind: "skipped", path: "a/up", reason: "symlink" },
    { kind: "skipped", path: "dangling", reason: "symlink" },
    { kind: "skipped", path: "to-file", reason: "symlink" },
  ]);
});

it("skips FIFOs and sockets", async () => {
  await promisify(execFile)("mkfifo", [tree.at("fifo")]);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(tree.at("socket"), resolve));
  expect(await walkAll(tree)).toMatchObject([
    { kind: "skipped", path: "fifo", reason: "fifo" },
    { kind: "skipped", path: "socket", reason: "socket" },
  ]);
  await new Promise((resolve) => server.close(resolve));
});

it("reports a folder that may not be read as one entry, and goes on", async () => {
  await mkdir(tree.at("closed"));
  await writeFile(tree.at("closed/in"), "x");
  await writeFile(tree.at("open"), "x");
  await chmod(tree.root, 0o755);
  await chmod(tree.at("closed"), 0);
  expect(await asNobody(() => walkAll(tree))).toMatchObject([
    {
      ...{ kind: "faulty", path: "closed", error: { code: "SOURCE_UNREADABLE" } },
      folder: { files: null },
    },
    { kind: "file", path: "open" },
  ]);
});

it("reports a folder that vanishes while it walks, and goes on", async () => {
  await mkdir(tree.at("gone"));
  await writeFile(tree.at("file"), "x");
  const seen = [];
  for await (const entry of (await tree.open()).walk({})) {
    seen.push(entry);
    // Of a batch, the files come before the folders: this one has been seen, but not entered.
    await rm(tree.at("gone"), { recursive: true, force: true });
  }
  expect(seen).toMatchObject([
    { kind: "file", path: "file" },
    { kind: "faulty", path: "gone", error: { code: "SOURCE_NOT_FOUND" } },
  ]);
});

it("doesn't go into a folder that was swapped for a link out of the source", async () => {
  await mkdir(tree.at("source/sub"), { recursive: true });
  await mkdir(tree.at("secret"));
  await writeFile(tree.at("secret/key"), "x");
  await writeFile(tree.at("source/file"), "x");
  const seen = [];
  for await (const entry of (await tree.open(tree.at("source"))).walk({})) {
    if (seen.push(entry) > 1) continue;
    await rename(tree.at("source/sub"), tree.at("source-sub"));
    await symlink(tree.at("secret"), tree.at("source/sub"));
  }
  expect(seen).toMatchObject([
    { kind: "file", path: "file" },
    { kind: "faulty", path: "sub", error: { code: "SOURCE_OUTSIDE_ROOTS" } },
  ]);
});

it("yields each entry of a folder larger than a batch once, with sub-folders between", async () => {
  const expected: string[] = [];
  for (let folder = 0; folder < 70; folder++) {
    await mkdir(tree.at(`d${folder}`));
    expected.push(`d${folder}/f`, `f${folder}`);
    await Promise.all([
      writeFile(tree.at(`d${folder}/f`), ""),
      writeFile(tree.at(`f${folder}`), ""),
    ]);
  }
  expect((await walkAll(tree)).map(({ path }) => path)).toEqual(expected.sort());
});

it("goes down as deep as the operating system lets it", async () => {
  const path = Array.from({ length: 300 }, () => "d").join("/");
  await mkdir(tree.at(path), { recursive: true });
  await writeFile(tree.at(path, "deepest"), "x");
  expect(await walkAll(tree)).toMatchObject([{ kind: "file", path: `${path}/deepest` }]);
});

it("reports a folder that was removed while it was read", async () => {
  const names = Array.from({ length: 2000 }, (_, index) => `f${index}`);
  await mkdir(tree.at("source/sub"), { recursive: true });
  for (const name of names) await writeFile(tree.at("source/sub", name), "");
  const source = await tree.open(tree.at("source"));
  const seen = [];
  for await (const entry of source.walk({})) {
    seen.push(entry);
    await rm(tree.at("source/sub"), { recursive: true, force: true });
  }
  expect(seen.length).toBeLessThan(names.length);
  expect(seen.at(-1)).toMatchObject({
    kind: "faulty",
    path: "sub",
    error: { code: "SOURCE_NOT_FOUND" },
  });
});

it("fails as a whole when the source is removed, or replaced, while it is walked", async () => {
  for (const replace of [false, true]) {
    for (let index = 0; index < 200; index++) {
      await mkdir(tree.at("source"), { recursive: true });
      await writeFile(tree.at("source", `f${index}`), "");
    }
    const source = await tree.open(tree.at("source"));
    const walk = async () => {
      let met = 0;
      for await (const _ of source.walk({})) {
        if (met++ > 0) continue;
        await rename(tree.at("source"), tree.at(`away-${replace}`));
        if (replace) await mkdir(tree.at("source"));
      }
    };
    const code = replace ? "SOURCE_CHANGED" : "SOURCE_NOT_FOUND";
    expect(await failure(walk())).toMatchObject({ code });
  }
});

it("refuses to walk Exhibit's own data, even when only the real path shows it", async () => {
  await mkdir(tree.at("real/data"), { recursive: true });
  await writeFile(tree.at("real/data/ledger"), "x");
  await symlink(tree.at("real"), tree.at("link"));
  const source = { type: "directory", path: tree.at("link") } as const;
  const reader = await openSource(source, [tree.root], { dataDir: tree.at("real/data") });
  expect(() => reader.walk({})).toThrow(
    expect.objectContaining({
      code: "REQUEST_INVALID",
      message: expect.stringContaining(tree.at("real/data")),
    }),
  );
});

it("fails as a whole when the source vanished since it was opened", async () => {
  await mkdir(tree.at("source"));
  const source = await tree.open(tree.at("source"));
  await rm(tree.at("source"), { recursive: true });
  const walk = async () => {
    for await (const _ of source.walk({})) break;
  };
  expect(await failure(walk())).toMatchObject({ code: "SOURCE_NOT_FOUND" });
});
