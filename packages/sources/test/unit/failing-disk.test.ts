import { type Dir, lstatSync, opendirSync, openSync, readSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openFile } from "../../src/reading/open-file.ts";
import { walkDirectory } from "../../src/walk-directory.ts";
import { makeTree, type Tree } from "../conformance/tree.ts";

vi.mock("node:fs", async (original) => {
  const real = await original<typeof import("node:fs")>();
  return {
    ...real,
    lstatSync: vi.fn(real.lstatSync),
    opendirSync: vi.fn(real.opendirSync),
    openSync: vi.fn(real.openSync),
    readSync: vi.fn(real.readSync),
  };
});

const eio = () => Object.assign(new Error("EIO: i/o error"), { code: "EIO" });

let tree: Tree;
beforeEach(async () => {
  tree = await makeTree();
  await mkdir(tree.at("bad"));
  await writeFile(tree.at("bad/in"), "in");
  await writeFile(tree.at("good"), "good");
});
afterEach(async () => {
  await restore();
  await tree.remove();
});

async function restore() {
  const real = await vi.importActual<typeof import("node:fs")>("node:fs");
  vi.mocked(openSync).mockReset().mockImplementation(real.openSync);
  vi.mocked(readSync)
    .mockReset()
    .mockImplementation(real.readSync as typeof readSync);
  vi.mocked(lstatSync)
    .mockReset()
    .mockImplementation(real.lstatSync as typeof lstatSync);
  vi.mocked(opendirSync).mockReset().mockImplementation(real.opendirSync);
}

/** The walk as its thread does it: nothing of the disk can be made to fail in a thread. */
async function walkHere() {
  const { place } = await tree.open();
  return [...walkDirectory(place)].flat().sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** From now on the disk fails when the folder `path` is read, after this many names. */
function failReading(path: string, afterNames: number) {
  const real = vi.mocked(opendirSync).getMockImplementation() as typeof opendirSync;
  vi.mocked(opendirSync).mockImplementation((where, options) => {
    const dir: Dir = real(where, options);
    if (where !== path) return dir;
    const read = dir.readSync.bind(dir);
    let names = 0;
    dir.readSync = () => {
      if (names++ >= afterNames) throw eio();
      return read();
    };
    return dir;
  });
}

const faulty = (path: string) => ({
  kind: "faulty",
  path,
  error: { code: "SOURCE_IO", message: expect.stringContaining(path) },
});

it("reports a file that the disk fails to tell of, and goes on", async () => {
  const real = vi.mocked(lstatSync).getMockImplementation() as typeof lstatSync;
  vi.mocked(lstatSync).mockImplementation(((where: string) => {
    if (where === tree.at("bad/in")) throw eio();
    return real(where);
  }) as typeof lstatSync);
  expect(await walkHere()).toMatchObject([faulty("bad/in"), { kind: "file", path: "good" }]);
});

it("reports a sub-folder that the disk fails to open or to read on, and goes on", async () => {
  failReading(tree.at("bad"), 1);
  expect(await walkHere()).toMatchObject([
    faulty("bad"),
    { kind: "file", path: "bad/in" },
    { kind: "file", path: "good" },
  ]);
  await restore();
  const real = vi.mocked(opendirSync).getMockImplementation() as typeof opendirSync;
  vi.mocked(opendirSync).mockImplementation((where, options) => {
    if (where === tree.at("bad")) throw eio();
    return real(where, options);
  });
  expect(await walkHere()).toMatchObject([faulty("bad"), { kind: "file", path: "good" }]);
});

it("fails as a whole when the source itself can't be read on", async () => {
  failReading(tree.root, 1);
  await expect(walkHere()).rejects.toMatchObject({ code: "SOURCE_IO" });
});

it("says that a file can't be read now, when it is opened and in the midst of reading", async () => {
  const { place } = await tree.open();
  vi.mocked(openSync).mockImplementationOnce(() => {
    throw eio();
  });
  const unreadable = { code: "SOURCE_IO", message: expect.stringContaining("good") };
  expect(() => openFile(place, "good", undefined)).toThrow(expect.objectContaining(unreadable));
  const file = openFile(place, "good", undefined);
  vi.mocked(readSync).mockImplementationOnce(() => {
    throw eio();
  });
  const into = Buffer.alloc(4);
  expect(() => file.read(into, 0)).toThrow(expect.objectContaining(unreadable));
  file.read(into, 0);
  expect(into.toString()).toBe("good");
  file.close();
});

it("reads on when the disk gives fewer bytes than asked", async () => {
  const { place } = await tree.open();
  const real = vi.mocked(readSync).getMockImplementation() as (...of: unknown[]) => number;
  vi.mocked(readSync).mockImplementation(((
    fd: number,
    into: Buffer,
    at: number,
    _: number,
    from: number,
  ) => real(fd, into, at, 1, from)) as typeof readSync);
  const file = openFile(place, "good", undefined);
  const into = Buffer.alloc(4);
  file.read(into, 0);
  expect(into.toString()).toBe("good");
  file.close();
});
