import type { Dir } from "node:fs";
import { lstat, mkdir, open, opendir, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { bytesOf, failure, makeTree, type Tree, walkAll } from "../conformance/tree.ts";

vi.mock("node:fs/promises", async (original) => {
  const real = await original<typeof import("node:fs/promises")>();
  return {
    ...real,
    open: vi.fn(real.open),
    lstat: vi.fn(real.lstat),
    opendir: vi.fn(real.opendir),
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
  vi.mocked(open).mockReset();
  vi.mocked(lstat).mockReset();
  vi.mocked(opendir).mockReset();
  await restore();
  await tree.remove();
});

async function restore() {
  const real = await vi.importActual<typeof import("node:fs/promises")>("node:fs/promises");
  vi.mocked(open).mockImplementation(real.open);
  vi.mocked(lstat).mockImplementation(real.lstat as typeof lstat);
  vi.mocked(opendir).mockImplementation(real.opendir as typeof opendir);
}

/** From now on the disk fails when the folder `path` is read, after this many names. */
function failReading(path: string, afterNames: number) {
  const real = vi.mocked(opendir).getMockImplementation() as typeof opendir;
  vi.mocked(opendir).mockImplementation(async (where, options) => {
    const dir: Dir = await real(where, options as never);
    if (where !== path) return dir;
    const read = dir.read.bind(dir);
    let names = 0;
    dir.read = (async () => {
      if (names++ >= afterNames) throw eio();
      return read();
    }) as Dir["read"];
    return dir;
  });
}

const faulty = (path: string) => ({
  kind: "faulty",
  path,
  error: { code: "SOURCE_IO", message: expect.stringContaining(path) },
});

it("reports a file that the disk fails to tell of, and goes on", async () => {
  const real = vi.mocked(lstat).getMockImplementation() as typeof lstat;
  vi.mocked(lstat).mockImplementation((async (where: string) => {
    if (where === tree.at("bad/in")) throw eio();
    return real(where);
  }) as typeof lstat);
  expect(await walkAll(tree)).toMatchObject([faulty("bad/in"), { kind: "file", path: "good" }]);
});

it("reports a sub-folder that the disk fails to open or to read on, and goes on", async () => {
  failReading(tree.at("bad"), 1);
  expect(await walkAll(tree)).toMatchObject([
    faulty("bad"),
    { kind: "file", path: "bad/in" },
    { kind: "file", path: "good" },
  ]);
  await restore();
  const real = vi.mocked(opendir).getMockImplementation() as typeof opendir;
  vi.mocked(opendir).mockImplementation(async (where, options) => {
    if (where === tree.at("bad")) throw eio();
    return real(where, options as never);
  });
  expect(await walkAll(tree)).toMatchObject([faulty("bad"), { kind: "file", path: "good" }]);
});

it("fails as a whole when the source itself can't be read on", async () => {
  failReading(tree.root, 1);
  expect(await failure(walkAll(tree))).toMatchObject({ code: "SOURCE_IO" });
});

it("says that a file can't be read now, when it is opened and in the midst of reading", async () => {
  const source = await tree.open();
  vi.mocked(open).mockRejectedValueOnce(eio());
  expect(await failure(source.open("good", undefined))).toMatchObject({ code: "SOURCE_IO" });
  const real = vi.mocked(open).getMockImplementation() as typeof open;
  vi.mocked(open).mockImplementationOnce(async (...of) => {
    const handle = await real(...of);
    handle.read = () => Promise.reject(eio());
    return handle;
  });
  const file = await source.open("good", undefined);
  expect(await failure(bytesOf(file.read(0, file.size)))).toMatchObject({
    code: "SOURCE_IO",
    message: expect.stringContaining("good"),
  });
  await file.close();
});
