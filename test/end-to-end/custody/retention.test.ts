import { join } from "node:path";
import type { FileView, ImportRequest, IncidentView } from "@exhibit/contracts";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  directory,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

const TEN_YEARS_AND_A_BIT = 10 * 366 * 86_400_000;

let system: System;
beforeAll(async () => {
  system = await startSystem("embedded", { custody: { retention: "10y" } });
  const { tokens, retentions } = system.sandbox;
  tokens.setActions([...tokens.actions, "oss:PutObjectRetention"]);
  retentions.enable("wombat");
});
afterAll(() => system[Symbol.asyncDispose]());

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
