import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { canBeRead, missingPath } from "../../src/file-system/missing-path.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "exhibit-absence-"));
  for (const path of ["share/1001/合同/a.pdf", "share/1001/b.pdf"]) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), "evidence");
  }
  await mkdir(join(root, "unmounted"));
});
afterEach(() => rm(root, { recursive: true }));

/** Looks for what is missing, in a source that is the first folder of the path. */
const missingIn = (path: string) =>
  missingPath(join(root, path), { source: join(root, path.split("/")[0] ?? ""), roots: [root] });
const readable = (path: string) => canBeRead(join(root, path), [root]);

test("a path that leads to something isn't missing", async () => {
  for (const path of ["share", "share/1001", "share/1001/合同/a.pdf"]) {
    expect([path, await missingIn(path), await readable(path)]).toEqual([path, undefined, true]);
  }
});

test.each([
  ["share/1001/合同/none.pdf", "share/1001/合同/none.pdf"],
  ["share/1002/合同/a.pdf", "share/1002"],
  ["share/1001/b.pdf/below", "share/1001/b.pdf/below"],
])("of %s the highest part that is missing is named", async (path, missing) => {
  const looks = { looksUnmounted: false, isEmptyFolder: false };
  expect(await missingIn(path)).toEqual({ path: join(root, missing), ...looks });
  expect(await readable(missing)).toBe(false);
});

test("an empty source, or a folder above it, looks like a share that isn't mounted", async () => {
  const looks = { path: join(root, "unmounted"), looksUnmounted: true, isEmptyFolder: true };
  for (const path of ["unmounted", "unmounted/1001", "unmounted/1001/合同/a.pdf"]) {
    expect([path, await missingIn(path)]).toEqual([path, looks]);
  }
  expect(await readable("unmounted")).toBe(false);
});

test("an empty folder in a source doesn't: its last file may have been moved", async () => {
  await mkdir(join(root, "share/1001/in"));
  const looks = { path: join(root, "share/1001/in/a.pdf"), looksUnmounted: false };
  expect(await missingIn("share/1001/in/a.pdf")).toMatchObject(looks);
  expect(await missingIn("share/1001/in")).toBe(undefined);
});

test("a missing root looks like a share that isn't mounted, and nothing above it is looked at", async () => {
  const mount = join(root, "unmounted/mnt");
  const looks = { path: mount, looksUnmounted: true, isEmptyFolder: false };
  const of = { source: join(mount, "1001"), roots: [root.concat("x"), mount] };
  expect(await missingPath(join(mount, "1001/a.pdf"), of)).toEqual(looks);
});

test("nothing outside the roots can be read, and no link that leads nowhere", async () => {
  await symlink(join(root, "none"), join(root, "share/link"));
  expect(await readable("share/link")).toBe(false);
  expect(await canBeRead(join(root, "share/1001/b.pdf"), [join(root, "unmounted")])).toBe(false);
  expect(await canBeRead(join(root, "share/../share/1001"), [join(root, "share")])).toBe(true);
});

test("names that aren't UTF-8 are looked up by their bytes", async () => {
  const folder = Buffer.concat([Buffer.from(join(root, "share/")), Buffer.of(0xba, 0xcf)]);
  await mkdir(folder);
  expect(await readable("share/\udcba\udccf")).toBe(false);
  await writeFile(Buffer.concat([folder, Buffer.from("/a")]), "");
  expect(await readable("share/\udcba\udccf")).toBe(true);
  expect(await missingIn("share/\udcba\udccf/a")).toBe(undefined);
});
