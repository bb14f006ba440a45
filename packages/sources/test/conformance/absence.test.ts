import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type ErrorCode, ExhibitError, type Source } from "@exhibit/contracts";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createSources, type Sources, sourceName } from "../../src/index.ts";
import { makeTree, type Tree } from "./tree.ts";

// What a worker may not judge alone of a source that it can't read.

let tree: Tree;
let sources: Sources;
beforeAll(async () => {
  tree = await makeTree();
  await mkdir(dirname(tree.at("root/share/1001/a.pdf")), { recursive: true });
  await writeFile(tree.at("root/share/1001/a.pdf"), "evidence");
  await mkdir(tree.at("root/unmounted"));
  const roots = [tree.at("root"), tree.at("missing")];
  sources = createSources({ memoryBytes: 0, roots, dataDir: undefined });
});
afterAll(async () => {
  await sources.close();
  await tree.remove();
});

const directory = (folder: string): Source => ({ type: "directory", path: tree.at(folder) });

function absence(folder: string, code: ErrorCode, { path = "", errno = "" } = {}) {
  const error = new ExhibitError(code, "It can't be read.", { details: { errno } });
  const missed = { source: directory(folder), ...(path === "" ? {} : { path }) };
  return sources.absence(error, missed);
}

it("says what is missing, which another machine may have", async () => {
  const gone = await absence("root/share", "SOURCE_NOT_FOUND", { path: "1002/a.pdf" });
  expect(gone).toEqual({ path: tree.at("root/share/1002"), unmounted: undefined });
  const back = await absence("root/share", "SOURCE_NOT_FOUND", { path: "1001/a.pdf" });
  expect(back).toEqual({ path: tree.at("root/share/1001/a.pdf"), unmounted: undefined });
});

it("says why it looks like a share that isn't mounted", async () => {
  const empty = tree.at("root/unmounted");
  expect(await absence("root/unmounted", "SOURCE_NOT_FOUND", { path: "1001/a.pdf" })).toEqual({
    path: empty,
    unmounted: `"${empty}" is empty`,
  });
  expect(await absence("missing/1001", "SOURCE_NOT_FOUND")).toEqual({
    path: tree.at("missing"),
    unmounted: `there is no "${tree.at("missing")}"`,
  });
});

it("names a folder with a backslash as it is called", async () => {
  const folder = "root/C:\\evidence";
  await mkdir(tree.at(folder));
  const gone = await absence(folder, "SOURCE_NOT_FOUND", { path: "a.pdf" });
  expect(gone?.unmounted).toBe(`"${tree.at(folder)}" is empty`);
});

it("names an empty source, which may have files elsewhere, without calling it unmounted", async () => {
  expect(await absence("root/unmounted", "SOURCE_EMPTY")).toEqual({
    path: tree.at("root/unmounted"),
    unmounted: undefined,
  });
});

it("names what may not be read here, even though it is there", async () => {
  for (const errno of ["EACCES", "EPERM"]) {
    expect(await absence("root/share", "SOURCE_UNREADABLE", { path: "none", errno })).toEqual({
      path: tree.at("root/share/none"),
      unmounted: undefined,
    });
  }
});

it.each([
  ["SOURCE_UNREADABLE", "ELOOP"],
  ["SOURCE_CHANGED", ""],
  ["SOURCE_IO", "EIO"],
  ["SOURCE_OUTSIDE_ROOTS", ""],
  ["STORE_DENIED", ""],
] as const)("leaves %s %s to one worker, as all meet the same", async (code, errno) => {
  expect(await absence("root/unmounted", code, { path: "a", errno })).toBeUndefined();
});

it("leaves a kind that isn't known here to one worker, and calls it by its kind", async () => {
  const source = { type: "carrier pigeon", path: "/evidence" } as unknown as Source;
  const error = await sources.open(source, undefined).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "REQUEST_INVALID" });
  expect(await sources.absence(error as ExhibitError, { source })).toBeUndefined();
  expect(sourceName(source)).toBe("carrier pigeon");
  expect(sourceName(directory("root/share"))).toBe(tree.at("root/share"));
});
