import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ownEvidence } from "../../../src/up/evidence.ts";
import { scratchFolder } from "../../support/scratch.ts";

async function evidenceOf(files: readonly string[]) {
  const folder = await realpath(await scratchFolder(files));
  const { request, remark } = await ownEvidence(folder, await scratchFolder());
  const folders = request.folders.map(({ vendor, folder: selector, source }) => [
    vendor,
    selector,
    source.path.slice(folder.length),
  ]);
  return { folders, remark, entrust: request.entrust_id, folder };
}

test("a folder laid out as a case maps itself, as exhibit import maps it", async () => {
  const { folders, remark } = await evidenceOf(["1001/a", "1002/b", "entrust/c", "lawyer/d"]);
  expect(folders).toEqual([
    ["kongur", { suit_id: "1001" }, "/1001"],
    ["kongur", { suit_id: "1002" }, "/1002"],
    ["kongur", { role: "entrust" }, "/entrust"],
    ["kongur", { role: "lawyer" }, "/lawyer"],
  ]);
  expect(remark).toBeUndefined();
});

test("any other folder goes to the entrust folder as a whole", async () => {
  const { folders, remark } = await evidenceOf(["photos/a.jpg", "b.pdf"]);
  expect(folders).toEqual([["kongur", { role: "entrust" }, ""]]);
  expect(remark).toBeUndefined();
});

test("one that is nearly a case goes as a whole, too, and what keeps it from being one is named", async () => {
  const { folders, remark } = await evidenceOf(["1001/a", "lawyer/b", "说明.txt"]);
  expect(folders).toEqual([["kongur", { role: "entrust" }, ""]]);
  expect(remark).toContain("说明.txt");
});

test("two folders never meet in one mandate", async () => {
  const [one, other] = [await evidenceOf(["x/a"]), await evidenceOf(["x/a"])];
  expect(one.entrust).not.toBe(other.entrust);
  await expect(ownEvidence(one.folder, join(one.folder, "x"))).rejects.toThrow("own data");
});
