import { caseOf, folderOf, importId, json } from "@exhibit/client/testing";
import { type CaseReason, caseReasons, TRIAL_NOTICE } from "@exhibit/contracts";
import { expect, test } from "vitest";
import { against } from "../../support/run.ts";

function reason(kind: CaseReason["kind"], changes: Partial<CaseReason> = {}): CaseReason {
  return {
    kind,
    ...caseReasons[kind],
    message: `The sentence of ${kind}.`,
    import_id: importId,
    files: 12,
    folders: 1,
    codes: [],
    suit_ids: [],
    ...changes,
  };
}

test("a complete case is told in one sentence, with what was counted, and exit code 0", async () => {
  const { code, stdout, asked } = await against(
    (response) => json(response, caseOf()),
    ["case", "E-77"],
  );
  expect(code).toBe(0);
  expect(stdout.split("\n")).toEqual([
    "Case E-77: complete. Every file is in OSS and was compared.",
    "  1,000 files, 40.0 MB, in 1 folder: 1,000 proved (40.0 MB)",
    "  1 import (1 sealed), the last of 2026-03-01 10:00 UTC; each folder counts by its last import",
    "",
  ]);
  expect(asked.map(({ path }) => path)).toEqual(["/v1/cases/E-77"]);
});

test("one that isn't says what needs somebody, with the commands, and what needs time; exit code 1", async () => {
  const view = caseOf(
    {
      complete: false,
      reasons: [
        reason("suit_missing", { import_id: null, suit_ids: ["1003"] }),
        reason("files_failed", { codes: [{ code: "EVIDENCE_CONFLICT", files: 12 }] }),
        reason("paused"),
        reason("unfinished"),
      ],
      reasons_total: 4,
      suits: [
        { ...caseOf(), suit_id: "1001", imported: true },
        { ...caseOf({}, { files: 0, stored: 0 }), suit_id: "1003", imported: false },
      ],
      suits_total: 102,
    },
    { failed: 12, stored: 900 },
  );
  const { code, stdout } = await against((response) => json(response, view), ["case", "E-77"]);
  expect(code).toBe(1);
  const lines = stdout.split("\n");
  expect(lines[0]).toBe("Case E-77: not complete");
  expect(lines[1]).toContain("900 proved (40.0 MB), 100 missing, of which 12 failed");
  expect(lines.slice(4, 13)).toEqual([
    "Needs somebody:",
    "  The sentence of suit_missing.",
    "    npx exhibit import DIR --entrust E-77 --suit 1003",
    "  The sentence of files_failed (EVIDENCE_CONFLICT 12).",
    `    npx exhibit files ${importId} --state failed`,
    `    npx exhibit retry ${importId}`,
    "  The sentence of paused.",
    `    npx exhibit resume ${importId}`,
    "",
  ]);
  expect(lines.slice(13, 15)).toEqual(["Goes on by itself:", "  The sentence of unfinished."]);
  expect(lines.slice(16).map((line) => line.trim().split(/ {2,}/))).toEqual([
    ["SUIT", "IMPORTED", "FOLDERS", "FILES", "PROVED", "FAILED", "WAIVED"],
    ["1001", "yes", "1", "1,000", "1,000", "0", "0"],
    ["1003", "no", "1", "0", "0", "0", "0"],
    ["and 100 more suits"],
    [""],
  ]);
});

test("what was given up, set aside, or gone from its folder is told of a complete case, too", async () => {
  const view = caseOf({ trial: true, vanished: 1, set_aside: 2 }, { waived: 3, stored: 997 });
  const { code, stdout } = await against((response) => json(response, view), ["case", "E-77"]);
  expect(code).toBe(0);
  expect(stdout).toContain(
    "complete. Every file is in the sandbox and was compared, except for 3 files that were given up.",
  );
  expect(stdout).toContain(TRIAL_NOTICE);
  expect(stdout).toContain("1 file of earlier imports is in OSS, but no longer in the folders");
  expect(stdout).toContain("2 imports set aside");
});

test("--suit asks for a suit, and --json prints the API's view with its folders", async () => {
  const view = caseOf({ entrust_id: null, suit_id: "10/01" });
  const folder = {
    ...folderOf(),
    ...{ import_id: importId, import_status: "sealed", entrust_id: "E-77", suit_id: "10/01" },
    sealed_at: "2026-03-01T10:00:04.000Z",
  };
  const { asked, last, stderr } = await against(
    (response, { path }) =>
      json(response, path.includes("/folders") ? { items: [folder], next: null } : view),
    ["case", "--suit", "10/01", "--json"],
  );
  expect(asked.map(({ path }) => path)).toEqual([
    "/v1/suits/10%2F01",
    "/v1/suits/10%2F01/folders?limit=1000",
  ]);
  expect(last()).toEqual({ ...view, folders: [folder] });
  expect(stderr).toContain("Suit 10/01: complete.");
});

test("without a name it lists the cases, and which of them are complete", async () => {
  const items = [caseOf(), caseOf({ entrust_id: "E-78", complete: false })];
  const { code, stdout } = await against(
    (response) => json(response, { items, next: null }),
    ["case"],
  );
  expect(code).toBe(0);
  expect(stdout.split("\n").map((line) => line.trim().split(/ {2,}/))).toEqual([
    ["CASE", "COMPLETE", "FOLDERS", "FILES", "PROVED", "FAILED", "WAIVED", "IMPORTED"],
    ["E-77", "yes", "1", "1,000", "1,000", "0", "0", "2026-03-01 10:00 UTC"],
    ["E-78", "no", "1", "1,000", "1,000", "0", "0", "2026-03-01 10:00 UTC"],
    ["2 cases, 1 of them complete."],
    [""],
  ]);
});

test("a case and a suit at once are bad use", async () => {
  const { code, stderr, asked } = await against(
    (response) => json(response, caseOf()),
    ["case", "E-77", "--suit", "1"],
  );
  expect(code).toBe(2);
  expect(stderr).toContain("either a case by its entrust_id, or a suit");
  expect(asked).toEqual([]);
});
