import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { FileView, ImportRequest, IncidentView } from "@exhibit/contracts";
import { dataFolder } from "@exhibit/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exhibitAt } from "../../support/exhibit.ts";
import { ended } from "../../support/shell.ts";
import {
  directory,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

const TEN_YEARS_AND_A_BIT = 10 * 366 * 86_400_000;

let system: System;
let desk: Awaited<ReturnType<typeof dataFolder>>;
beforeAll(async () => {
  desk = await dataFolder("retention");
  system = await startSystem("embedded", { custody: { retention: "10y" } });
  const { tokens, retentions } = system.sandbox;
  tokens.setActions([
    ...[...tokens.actions, "oss:PutObjectRetention"],
    ...["oss:GetBucketWorm", "oss:GetBucketObjectWormConfiguration"],
  ]);
  retentions.enable("wombat");
});
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  await desk.remove();
});

/** Imports two files, and returns what became of them. */
async function importTwo(request: ImportRequest): Promise<{
  importId: string;
  files: FileView[];
  incidents: IncidentView[];
}> {
  const { import_id: importId, ...view } = await system.run(request);
  expect(view).toMatchObject({ status: "sealed", files: 2, failed: 0 });
  const path = `/v1/imports/${importId}/incidents`;
  const { items: incidents } = await system.get<{ items: IncidentView[] }>(path);
  return { importId, files: await system.files(importId), incidents };
}

test("a bucket that refuses leaves the files stored and sealed, and is one incident", async () => {
  await writeTree(join(system.root, "1001"), { "a.txt": "a", "b.txt": "b" });
  const { files, incidents } = await importTwo(importOfSuits(system.root, "1001"));
  expect(files.map(({ state, retained_until }) => [state, retained_until])).toEqual([
    ["stored", null],
    ["stored", null],
  ]);
  expect(incidents).toMatchObject([
    { code: "RETENTION_REFUSED", message: expect.stringContaining("InvalidRequest") },
  ]);
});

test("a bucket that agrees keeps them, also those that were there, and view and seal say until when", async () => {
  await writeTree(join(system.root, "robot"), { "a.txt": "a", "b.txt": "b" });
  const robot = { merchant_code: "m1", scenes_code: "1", ou_code: "o1", robot_sn: "r1" };
  const request = {
    suit_ids: [],
    folders: [directory("wombat", robot, join(system.root, "robot"))],
  };
  const { importId, files, incidents } = await importTwo(request);
  expect(incidents).toEqual([]);
  const receipts = await (await system.ask(`/v1/imports/${importId}/seal/receipts.ndjson`)).text();
  for (const { bucket, key, retained_until, stored_at } of files) {
    const until = Date.parse(retained_until ?? "");
    expect(until - Date.parse(stored_at ?? "")).toBeGreaterThan(10 * 365 * 86_400_000);
    expect(until - Date.parse(stored_at ?? "")).toBeLessThan(TEN_YEARS_AND_A_BIT);
    expect(system.sandbox.retentions.keptUntil(bucket ?? "", key ?? "")).toBe(until);
    expect(receipts).toContain(`"retained_until":"${retained_until}"`);
  }
  const again = await importTwo(request);
  expect(again.files.map(({ state, retained_until }) => [state, retained_until])).toEqual(
    files.map(({ retained_until }) => ["identical", retained_until]),
  );
});

describe("An exported seal says what the bucket itself keeps", () => {
  const deepvision = { op_poi_id: "p1", op_tenant_code: "t1" };
  const folderOf = async (name: string) => {
    const path = join(system.root, name);
    await writeTree(path, { "a.txt": name });
    return path;
  };
  /** Imports a folder, and returns its line in `import.json` of the bag, which is checked first. */
  async function exported(request: ImportRequest) {
    const { import_id: id, ...view } = await system.run(request);
    expect(view).toMatchObject({ status: "sealed" });
    const exhibit = (...args: string[]) => ended(exhibitAt(system, args, { cwd: desk.path }));
    expect(await exhibit("export", id, "--to", id)).toMatchObject({ code: 0 });
    expect(await exhibit("verify", "--bag", id)).toMatchObject({ code: 0 });
    const part = (name: string) => readFile(join(desk.path, id, "seal", name), "utf8");
    const facts = JSON.parse(await part("import.json"));
    const report = await part("report-en.html");
    return { folder: facts.folders[0], report };
  }

  test("where the lease lets it be asked", async () => {
    system.sandbox.retentions.keepAll("deepvision", { state: "Locked", days: 3650 });
    const folders = [directory("deepvision", deepvision, await folderOf("store"))];
    const { folder, report } = await exported({ suit_ids: [], folders });
    expect(folder).toMatchObject({ bucket: "deepvision", retention: "locked 3650 days" });
    expect(report).toContain("what the bucket itself keeps: locked 3650 days");
  });

  test("or that it is unknown, where the lease opens its folder alone", async () => {
    await folderOf("1002");
    const { folder } = await exported(importOfSuits(system.root, "1002"));
    expect(folder).toMatchObject({ bucket: "evidence", retention: "unknown" });
  });

  test("and is stored as usual while OSS doesn't answer that", { timeout: 30_000 }, async () => {
    const held = system.sandbox.oss.hold({ operation: "GetBucketWorm" });
    await folderOf("scene");
    const folders = [directory("rex", { scene: "a" }, join(system.root, "scene"))];
    const { folder } = await exported({ suit_ids: [], folders });
    expect(folder).toMatchObject({ retention: "unknown" });
    held.release();
  });
});
