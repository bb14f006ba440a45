import {
  type Dir,
  fstatSync,
  lstatSync,
  opendirSync,
  openSync,
  readlinkSync,
  readSync,
  readvSync,
  type Stats,
} from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { walkDirectory } from "../../src/directory/walk-directory.ts";
import { openFile } from "../../src/file-system/open-file.ts";
import { makeTree, type Tree } from "../conformance/tree.ts";

vi.mock("node:fs", async (original) => {
  const real = await original<typeof import("node:fs")>();
  return {
    ...real,
    fstatSync: vi.fn(real.fstatSync),
    lstatSync: vi.fn(real.lstatSync),
    opendirSync: vi.fn(real.opendirSync),
    openSync: vi.fn(real.openSync),
    readSync: vi.fn(real.readSync),
    readvSync: vi.fn(real.readvSync),
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
  vi.mocked(readvSync).mockReset().mockImplementation(real.readvSync);
  vi.mocked(fstatSync)
    .mockReset()
    .mockImplementation(real.fstatSync as typeof fstatSync);
  vi.mocked(lstatSync)
    .mockReset()
    .mockImplementation(real.lstatSync as typeof lstatSync);
  vi.mocked(opendirSync).mockReset().mockImplementation(real.opendirSync);
}

/** Walks as a thread does, but here: no disk can be made to fail in a thread. */
async function walkHere() {
  const place = await tree.place();
  return [...walkDirectory(place)].flat().sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Returns where a folder lies that is opened by its descriptor, as on Linux, or by its path. */
function placeOf(where: unknown): string {
  const path = String(where);
  return path.startsWith("/proc/") ? readlinkSync(path) : path;
}

/** From now on the disk fails when the folder `path` is read, after this many names. */
function failReading(path: string, afterNames: number) {
  const real = vi.mocked(opendirSync).getMockImplementation() as typeof opendirSync;
  vi.mocked(opendirSync).mockImplementation((where, options) => {
    const dir: Dir = real(where, options);
    if (placeOf(where) !== path) return dir;
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

it("reports a file whose stat the disk fails to return, and goes on", async () => {
  const real = vi.mocked(lstatSync).getMockImplementation() as typeof lstatSync;
  vi.mocked(lstatSync).mockImplementation(((where: string) => {
    if (where === tree.at("bad/in")) throw eio();
    return real(where);
  }) as typeof lstatSync);
  expect(await walkHere()).toMatchObject([faulty("bad/in"), { kind: "file", path: "good" }]);
});

it("reports a sub-folder that the disk fails to open or to read, and goes on", async () => {
  failReading(tree.at("bad"), 1);
  expect(await walkHere()).toMatchObject([
    faulty("bad"),
    { kind: "file", path: "bad/in" },
    { kind: "file", path: "good" },
  ]);
  await restore();
  const real = vi.mocked(opendirSync).getMockImplementation() as typeof opendirSync;
  vi.mocked(opendirSync).mockImplementation((where, options) => {
    if (placeOf(where) === tree.at("bad")) throw eio();
    return real(where, options);
  });
  expect(await walkHere()).toMatchObject([faulty("bad"), { kind: "file", path: "good" }]);
});

it("fails as a whole when the disk fails to read the source itself", async () => {
  failReading(tree.root, 1);
  await expect(walkHere()).rejects.toMatchObject({ code: "SOURCE_IO" });
});

it("fails with SOURCE_IO when a file can't be opened, or read any further", async () => {
  const place = await tree.place();
  vi.mocked(openSync).mockImplementationOnce(() => {
    throw eio();
  });
  const unreadable = { code: "SOURCE_IO", message: expect.stringContaining("good") };
  expect(() => openFile(place, "good", undefined)).toThrow(expect.objectContaining(unreadable));
  const file = openFile(place, "good", undefined);
  vi.mocked(readvSync).mockImplementationOnce(() => {
    throw eio();
  });
  const into = Buffer.alloc(4);
  expect(() => file.read(into, 0)).toThrow(expect.objectContaining(unreadable));
  file.read(into, 0);
  expect(into.toString()).toBe("good");
  file.close();
});

/** From now on each read returns this many bytes at most. */
function returnFew(most: number) {
  const read = vi.mocked(readSync).getMockImplementation() as (...of: unknown[]) => number;
  const few = (fd: number, into: Uint8Array, at: number, length: number, from: number) =>
    read(fd, into, at, Math.min(most, length), from);
  vi.mocked(readSync).mockImplementation(few as typeof readSync);
  vi.mocked(readvSync).mockImplementation(((fd: number, into: Uint8Array[], from: number) => {
    const joined = Buffer.alloc(into.reduce((sum, { length }) => sum + length, 0));
    const got = few(fd, joined, 0, joined.length, from);
    let at = 0;
    for (const one of into) {
      one.set(joined.subarray(at, Math.min(got, at + one.length)));
      at += one.length;
    }
    return got;
  }) as typeof readvSync);
}

it("reads on when the disk returns fewer bytes than asked for", async () => {
  const place = await tree.place();
  returnFew(1);
  const file = openFile(place, "good", undefined);
  const into = Buffer.alloc(4);
  file.read(into, 0);
  expect(into.toString()).toBe("good");
  file.close();
});

/** From now on the file system reports this size for every file. */
function reportSize(size: number) {
  const real = vi.mocked(fstatSync).getMockImplementation() as (fd: number) => Stats;
  vi.mocked(fstatSync).mockImplementation(((fd: number) =>
    Object.assign(real(fd), { size })) as typeof fstatSync);
}

it.each([
  [0, "more than the 0 bytes"],
  [3, "more than the 3 bytes"],
  [5, "ended at byte 4"],
])("detects that a file hasn't the %i bytes that are reported", async (size, message) => {
  const place = await tree.place();
  for (const worsen of [() => {}, () => returnFew(2)]) {
    worsen();
    reportSize(size);
    const file = openFile(place, "good", undefined);
    expect(file.size).toBe(size);
    for (const before of size > 1 ? [0, 2] : [0]) {
      if (before > 0) file.read(Buffer.alloc(before), 0);
      const last = () => file.read(Buffer.alloc(size - before), before);
      const error = { code: "SOURCE_CHANGED", message: expect.stringContaining(message) };
      expect(last).toThrow(expect.objectContaining(error));
    }
    file.close();
  }
});
