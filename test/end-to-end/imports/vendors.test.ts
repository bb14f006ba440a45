import { readFile, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { digestsBelow, directory, sha256Of, startSystem, writeTree } from "../../support/system.ts";

test("a case whose folders are rex's and wombat's arrives whole in their buckets", async () => {
  await using system = await startSystem("embedded");
  const { root, sandbox } = system;
  const files = {
    ...{ "现场/照片 1.jpg": "photo", "log.txt": "log", "empty.bin": "" },
    "现场/合同.pdf": "%PDF-1.7",
  };
  await writeTree(join(root, "rex-a"), files);
  const contract = join(root, "rex-a/现场/合同.pdf");
  await utimes(contract, 0, 1_700_000_000.5);
  await writeTree(join(root, "rex-b"), { "b.txt": "b" });
  await writeTree(join(root, "robot"), files);
  const robot = { merchant_code: "HM", scenes_code: "1", ou_code: "8007", robot_sn: "R1" };

  const view = await system.run({
    suit_ids: [],
    folders: [
      directory("rex", { scene: "a" }, join(root, "rex-a")),
      directory("rex", { scene: "b" }, join(root, "rex-b")),
      directory("wombat", robot, join(root, "robot")),
    ],
  });

  expect(view).toMatchObject({ status: "sealed", files: 9, stored: 9, failed: 0, errors: [] });
  const places = { "rex-a": "rex/a", "rex-b": "rex/b", robot: "wombat/HM/1/8007/R1" };
  for (const [source, place] of Object.entries(places)) {
    const sent = await digestsBelow(join(root, source));
    expect(await digestsBelow(join(sandbox.objectsDir, place))).toEqual(sent);
  }
  const objects = await readFile(join(dirname(sandbox.objectsDir), "objects.jsonl"), "utf8");
  const lines = objects.trimEnd().split("\n");
  // It opens as what it is, and says of itself whence it came.
  expect(lines.map((line) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({
      ...{ bucket: "rex", key: "a/现场/合同.pdf", contentType: "application/pdf" },
      meta: {
        "x-oss-meta-mtime": "1700000000.5",
        "x-oss-meta-sha256": await sha256Of(contract),
      },
    }),
  );
  // One call for each folder was enough.
  expect(sandbox.gateway.log.counts()).toEqual({ "rex ok": 2, "wombat ok": 1 });
});

test("a scene that rex refuses leaves the others alone, and is taken up when it is opened", async () => {
  await using system = await startSystem("embedded");
  const { root, sandbox } = system;
  await writeTree(join(root, "a"), { "a.txt": "a" });
  await writeTree(join(root, "b"), { "b.txt": "b" });
  sandbox.gateway.refuse({ vendor: "rex", folder: "b", code: "SCENE_CLOSED", message: "已关闭" });

  const view = await system.run({
    suit_ids: [],
    folders: ["a", "b"].map((scene) => directory("rex", { scene }, join(root, scene))),
  });

  expect(view).toMatchObject({ status: "attention", stored: 1 });
  expect(JSON.stringify(view.errors)).toContain("SCENE_CLOSED 已关闭");
  sandbox.gateway.heal();
  await system.post(`/v1/imports/${view.import_id}/retry`);
  expect(await system.rest(view.import_id)).toMatchObject({ status: "sealed", stored: 2 });
});
