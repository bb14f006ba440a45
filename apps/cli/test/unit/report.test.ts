import { folderOf, importId, needsSomebody, sealed, viewOf } from "@exhibit/client/testing";
import { errorTable, TRIAL_NOTICE } from "@exhibit/contracts";
import { expect, test } from "vitest";
import { exitCodeOfImport } from "../../src/output/exit-codes.ts";
import { folderReport } from "../../src/output/folder-report.ts";
import { importReport } from "../../src/output/import-report.ts";
import { caseLine, importTable } from "../../src/output/import-table.ts";

const failed = {
  code: "SOURCE_UNREADABLE",
  message: "a.txt may not be read.",
  remedy: errorTable.SOURCE_UNREADABLE.remedy,
  files: 3,
  folders: 0,
  stands_for: 0,
  ...needsSomebody,
};

test("a sealed import is told in two lines", () => {
  expect(importReport(sealed)).toEqual([
    `Import ${importId}: sealed after 4.0 s`,
    "  1,000 files, 40.0 MB: 1,000 stored (40.0 MB)",
  ]);
});

test.each([
  [
    { files_per_second: 1120.4, bytes_per_second: 84_000_000, left_seconds: 63, idle_seconds: 0 },
    "  84.0 MB/s, 1,120 files/s; about 1 min 3 s left",
  ],
  [
    { files_per_second: 0, bytes_per_second: 84_000_000, left_seconds: null, idle_seconds: 0 },
    "  84.0 MB/s, 0 files/s",
  ],
  [
    { idle_seconds: 150, files_per_second: 0, bytes_per_second: 0 },
    "  Nothing has moved for 2 min 30 s",
  ],
])("the speed of a running import is told, or that it stands still: %j", (pace, line) => {
  expect(importReport(viewOf(pace))[2]).toBe(line);
});

test("no speed is told while too little is known, and no standstill of what a person has paused", () => {
  const paused = { at: "2026-03-01T10:00:00.000Z", who: "王芳", why: null };
  const slow = { files_per_second: 0, bytes_per_second: 0 };
  for (const view of [viewOf(), viewOf(slow), viewOf({ ...slow, paused, idle_seconds: 900 })])
    expect(importReport(view).join()).not.toMatch(/\/s|moved/);
});

test("a trial's import is told as one, and its folders in no place of OSS", () => {
  expect(importReport({ ...sealed, trial: true }).slice(0, 2)).toEqual([
    `Import ${importId}: sealed after 4.0 s`,
    `  ${TRIAL_NOTICE}`,
  ]);
  const again = importReport({ ...sealed, trial: true, identical: 3 }).join("\n");
  expect(again).toContain("3 already in the sandbox with equal bytes");
  expect(again).not.toContain("OSS already");
  const folder = folderOf({ bucket: "evidence", prefix: "suit/1/" });
  expect(folderReport(folder)).toContain("  in oss://evidence/suit/1/");
  expect(folderReport({ ...folder, trial: true })).toContain("  in sandbox://evidence/suit/1/");
});

test("what failed is told with its remedy and the command that takes it up", () => {
  const text = importReport(viewOf({ status: "attention", failed: 3, errors: [failed] })).join(
    "\n",
  );
  expect(text).toContain("SOURCE_UNREADABLE (3 files): a.txt may not be read.");
  expect(text).toContain(failed.remedy);
  expect(text).toContain(`npx exhibit retry ${importId}`);
});

test.each([
  [{ files: 1, folders: 1, stands_for: 1204 }, "(1 folder with 1,204 files)"],
  [
    { files: 3, folders: 1, stands_for: null },
    "(2 files and 1 folder with an unknown number of files)",
  ],
  [{ files: 2, folders: 0, stands_for: 0 }, "(2 files)"],
])("a folder isn't told as a file: %j", (counts, words) => {
  const errors = [{ ...failed, ...counts }];
  expect(importReport(viewOf({ status: "attention", errors })).join()).toContain(words);
});

test("where the API goes with the command, the way on begins with starting it", () => {
  const view = viewOf({ status: "attention", failed: 3, errors: [failed] });
  const lines = importReport(view, { isUp: false });
  const start = lines.indexOf("  npm start");
  expect(start).toBeGreaterThan(0);
  expect(lines.indexOf(`  npx exhibit retry ${importId}`)).toBeGreaterThan(start);
});

test("ten kinds of error are shown, the others counted", () => {
  const errors = Array.from({ length: 13 }, (_, index) => ({
    ...failed,
    message: `No. ${index}.`,
  }));
  const lines = importReport(viewOf({ status: "attention", errors }));
  expect(lines.filter((line) => line.includes("No. "))).toHaveLength(10);
  expect(lines).toContain("  and 3 more kinds of error");
});

test("only a sealed import ends with 0", () => {
  expect(exitCodeOfImport(sealed)).toBe(0);
  expect(exitCodeOfImport(viewOf({ status: "attention" }))).toBe(1);
  expect(exitCodeOfImport(viewOf({ status: "cancelled" }))).toBe(1);
});

test("the list names each import's case", () => {
  expect(importTable([sealed])[1]).toContain("E-77 1001");
  const suit_ids = Array.from({ length: 100 }, (_, at) => `S${at}`);
  const large = { ...sealed, suit_ids, suit_ids_total: 250 };
  expect(importTable([large])[1]).toContain("E-77 S0 S1 S2 +247");
  expect(caseLine(large)).toContain("S98 S99 +150;");
});
