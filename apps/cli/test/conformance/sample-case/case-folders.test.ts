import { mkdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type CaseOptions, mapCase } from "../../../src/case/case-folders.ts";
import { scratchFolder } from "../../support/scratch.ts";

const kongur: CaseOptions = {
  vendor: "kongur",
  entrust: "E-77",
  suits: [],
  role: undefined,
  selector: undefined,
};

/** The mapping as `folder at the vendor → path below the folder`. */
async function mapped(files: readonly string[], options: Partial<CaseOptions>) {
  const folder = await scratchFolder(files);
  const { request, without } = await mapCase([folder], { ...kongur, ...options });
  const pairs = request.folders.map(({ folder: selector, source }) => [
    Object.entries(selector)
      .map((pair) => pair.join("="))
      .join(" "),
    source.path.slice(folder.length + 1),
  ]);
  return { pairs, suitIds: request.suit_ids, without };
}

test("--follow-symlinks is said of every folder's source, and only when it is given", async () => {
  const folder = await scratchFolder(["1001/a.pdf", "1002/b.pdf"]);
  for (const followSymlinks of [true, undefined]) {
    const options = { ...kongur, suits: ["1001", "1002"], followSymlinks };
    const { request } = await mapCase([folder], options);
    const asked = request.folders.map(({ source }) => source.follow_symlinks);
    expect(asked).toEqual([followSymlinks, followSymlinks]);
  }
});

describe("a folder laid out as a case", () => {
  test("maps itself by the suits given and the roles", async () => {
    const files = ["1001/a.pdf", "1002/b.pdf", "entrust/c.pdf", "lawyer/", "firm/d.pdf"];
    expect(await mapped(files, { suits: ["1001", "1002", "1003"] })).toEqual({
      pairs: [
        ["suit_id=1001", "1001"],
        ["suit_id=1002", "1002"],
        ["role=entrust", "entrust"],
        ["role=firm", "firm"],
        ["role=lawyer", "lawyer"],
      ],
      suitIds: ["1001", "1002", "1003"],
      without: ["1003"],
    });
  });

  test("says its suits itself when none is given", async () => {
    const { pairs, suitIds } = await mapped(["A-1/a.pdf", "lawyer/b.pdf"], {});
    expect(pairs).toEqual([
      ["suit_id=A-1", "A-1"],
      ["role=lawyer", "lawyer"],
    ]);
    expect(suitIds).toEqual(["A-1"]);
  });

  test("may hold nothing but numbered suits", async () => {
    expect((await mapped(["1001/a.pdf", "1002/b.pdf"], {})).suitIds).toEqual(["1001", "1002"]);
  });

  test.each([
    ["a loose file", ["1001/a.pdf", "notes.txt"], '"notes.txt"'],
    ["another subfolder", ["1001/a.pdf", "photos/b.jpg"], '"photos"'],
  ])("isn't imported with %s in it, which is named", async (_, files, name) => {
    await expect(mapped(files, { suits: ["1001"] })).rejects.toMatchObject({
      code: "REQUEST_INVALID",
      message: expect.stringContaining(name),
    });
  });

  test("isn't imported with a link in it that looks like a suit", async () => {
    const folder = await scratchFolder(["1001/a.pdf"]);
    await symlink(join(folder, "1001"), join(folder, "1002"));
    await expect(mapCase([folder], { ...kongur, suits: ["1001", "1002"] })).rejects.toThrow(
      '"1002"',
    );
  });
});

describe("any other folder", () => {
  const files = ["photos/a.jpg", "b.pdf"];

  test("goes to the one suit given", async () => {
    expect((await mapped(files, { suits: ["1001"] })).pairs).toEqual([["suit_id=1001", ""]]);
  });

  test("goes to the role given, whatever its subfolders are called", async () => {
    const { pairs } = await mapped([...files, "1001/c.pdf"], { role: "lawyer", suits: ["1001"] });
    expect(pairs).toEqual([["role=lawyer", ""]]);
  });

  test("goes to the folder named by key and value", async () => {
    const selector = { op_poi_id: "p1", op_tenant_code: "t1" };
    expect((await mapped(files, { vendor: "deepvision", selector })).pairs).toEqual([
      ["op_poi_id=p1 op_tenant_code=t1", ""],
    ]);
  });

  test.each<[string, Partial<CaseOptions>, string]>([
    ["nothing says what it is", {}, "--suit ID"],
    ["several suits could be meant", { suits: ["1", "2"] }, "No subfolder"],
    ["role and folder are both given", { role: "firm", selector: { suit_id: "1" } }, "one of them"],
    [
      "a role is given for another vendor",
      { vendor: "deepvision", role: "firm" },
      "--role is for kongur",
    ],
    ["deepvision's folder isn't named", { vendor: "deepvision" }, "such as --folder op_poi_id="],
    ["rex's folder isn't named", { vendor: "rex" }, "such as --folder scene="],
    [
      "an unknown vendor's folder isn't named",
      { vendor: "x" },
      "x's folder by --folder key=value.",
    ],
  ])("is refused when %s", async (_, options, sentence) => {
    await expect(mapped(files, options)).rejects.toThrow(sentence);
  });
});

test("every folder of the command line is mapped, with paths made absolute", async () => {
  const folder = await scratchFolder(["a/1.pdf", "b/2.pdf"]);
  const { request } = await mapCase([`${folder}/./a/`, `${folder}/x/../b`], {
    ...kongur,
    suits: ["9"],
  });
  expect(request.folders.map(({ source }) => source.path)).toEqual([
    join(folder, "a"),
    join(folder, "b"),
  ]);
});

test("a folder that isn't there, or isn't one, is named", async () => {
  const folder = await scratchFolder(["file.txt"]);
  const suits = ["1"];
  await expect(mapCase([join(folder, "none")], { ...kongur, suits })).rejects.toThrow(
    "none isn't there",
  );
  await expect(mapCase([join(folder, "file.txt")], { ...kongur, suits })).rejects.toThrow(
    "isn't a folder",
  );
  await mkdir(join(folder, "empty"));
  await expect(mapCase([join(folder, "empty")], kongur)).rejects.toThrow("--suit ID");
});
