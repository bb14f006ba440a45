import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { findConfig } from "../../src/index.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "exhibit-config-"));
});
afterAll(() => rm(folder, { recursive: true }));

it("finds the file that EXHIBIT_CONFIG names, or else exhibit.yaml in the working folder", async () => {
  const path = join(folder, "exhibit.yaml");
  const named = { path: "/etc/exhibit.yaml", isNamed: true };
  expect(findConfig({}, folder)).toBeUndefined();
  expect(findConfig({ configPath: named.path }, folder)).toEqual(named);
  await writeFile(path, "");
  expect(findConfig({}, folder)).toEqual({ path, isNamed: false });
  expect(findConfig({ configPath: named.path }, folder)).toEqual(named);
});
