import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createScratchFolder } from "../scratch-folder.mjs";

const root = mkdtempSync(join(tmpdir(), "scratch-folder-"));
const [inMemory, onDisk] = [join(root, "memory"), join(root, "disk")];
mkdirSync(inMemory);
mkdirSync(onDisk);
afterAll(() => rmSync(root, { recursive: true }));

test.each([
  ["in memory where there is plenty", { free: 2 ** 40, inMemory }, inMemory],
  ["on the disk where memory is short", { free: 2 ** 30, inMemory }, onDisk],
  ["on the disk where nothing is in memory", { free: 2 ** 40, inMemory: "/nowhere" }, onDisk],
])("a run keeps its files %s", (_, options, parent) => {
  const folder = createScratchFolder({ onDisk, ...options });
  expect(dirname(folder.path)).toBe(parent);
  folder.remove();
  expect(existsSync(folder.path)).toBe(false);
});

test("what a killed run left is removed, and nothing of one that goes on", () => {
  const [left, living, other] = [
    `exhibit-test-${2 ** 30}-a`,
    `exhibit-test-${process.ppid}-b`,
    "c",
  ];
  for (const name of [left, living, other]) mkdirSync(join(onDisk, name));
  createScratchFolder({ onDisk, free: 0 }).remove();
  expect([left, living, other].map((name) => existsSync(join(onDisk, name)))).toEqual([
    false,
    true,
    true,
  ]);
});
