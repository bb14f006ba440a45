import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import { readAll } from "../../src/testing/index.ts";
import { makeTree, openSource, type Tree } from "./tree.ts";

let tree: Tree;
beforeEach(async () => {
  tree = await makeTree();
});
afterEach(() => tree.remove());

const FILES = 20;
const MIN_SWAPS = 10_000;
const MIN_ROUNDS = 20;

/** Swaps a folder and a link without pause until its input ends; it says when it has done so often enough. */
const swapper = `
  const { renameSync } = require("node:fs");
  const [folder, link, aside] = process.argv.slice(1);
  let left = ${MIN_SWAPS};
  let isOver = false;
  process.stdin.resume().once("end", () => { isOver = true; });
  function swap() {
    for (let turn = 0; turn < 20; turn += 1) {
      renameSync(folder, aside);
      renameSync(link, folder);
      renameSync(folder, link);
      renameSync(aside, folder);
      left -= 2;
    }
    if (left <= 0 && left > -40) console.log("enough");
    if (!isOver) setImmediate(swap);
  }
  swap();
`;

it.each([false, true])(
  "Nothing from outside is named or read while a folder and a link to the outside are swapped without pause (links followed: %s)",
  { timeout: 60_000 },
  async (follow_symlinks) => {
    for (const folder of ["roots/source/sub", "outside"]) {
      await mkdir(tree.at(folder), { recursive: true });
      const content = folder === "outside" ? "theirs" : "own";
      for (let at = 0; at < FILES; at += 1) {
        await writeFile(tree.at(folder, `f${at}`), content.padEnd(6));
      }
    }
    await writeFile(tree.at("outside/only-there"), "theirs");
    await symlink(tree.at("outside"), tree.at("roots/link"));
    const places = ["roots/source/sub", "roots/link", "roots/aside"].map((name) => tree.at(name));
    const child = spawn(process.execPath, ["-e", swapper, ...places]);
    const enough = once(child.stdout, "data").then(() => true);

    const directory = {
      type: "directory",
      path: tree.at("roots/source"),
      follow_symlinks,
    } as const;
    const contents = new Map<string, number>();
    const count = (what: string) => contents.set(what, (contents.get(what) ?? 0) + 1);
    const met = (what: string) => (contents.get(what) ?? 0) > 0;
    const isEnough = async (round: number) =>
      round >= MIN_ROUNDS &&
      met("own") &&
      met("SOURCE_OUTSIDE_ROOTS") &&
      (await Promise.race([enough, setImmediate(false)]));
    for (let round = 0; !(await isEnough(round)); round += 1) {
      const source = await openSource(directory, [tree.at("roots")]);
      for await (const entry of source.walk({})) {
        if (entry.path.endsWith("only-there")) count("a name from outside");
      }
      // As a worker does it, long after the walk.
      for (let at = 0; at < FILES; at += 1) {
        const open = source.open({ path: `sub/f${at}` }, undefined);
        const read = open.then(async (file) => {
          const { bytes } = await readAll(file);
          await file[Symbol.asyncDispose]();
          return bytes.toString().trim();
        });
        count(await read.catch((error: { code: string }) => error.code));
      }
    }
    child.stdin.end();
    await once(child, "close");
    expect(contents.get("theirs")).toBeUndefined();
    expect(contents.get("a name from outside")).toBeUndefined();
  },
);
