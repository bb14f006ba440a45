import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Answer, json } from "@exhibit/client/testing";
import type { DryRun, SourceFolders } from "@exhibit/contracts";
import { afterEach, beforeEach, expect, test } from "vitest";
import { against } from "../support/run.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "exhibit-looking-"));
});
afterEach(() => rm(folder, { recursive: true }));

const found: DryRun = {
  ...{ trial: false, complete: false, files: 12, bytes: 4_096_000, problems: 8 },
  folders: [
    {
      ...{ vendor: "kongur", folder: { suit_id: "1001" } },
      source: { type: "directory", path: "/evidence/1001" },
      ...{ files: 12, bytes: 4_096_000, skipped: 2, complete: false },
      empty: { files: 1, paths: ["empty.txt"] },
      problems: [
        {
          ...{ code: "NAME_INVALID", message: "The name isn't UTF-8.", remedy: "Rename it." },
          ...{ files: 8, paths: ["1", "2", "3", "4", "5\u001b[2J", "6"] },
        },
      ],
      error: null,
      place: { endpoint: "https://oss.test", bucket: "evidence", prefix: "suits/1001/" },
      lease_ends_at: "2026-01-02T04:04:05.678Z",
      place_error: null,
      there: {
        recorded: { looked_for: 12, found: 9, other_size: 2 },
        in_store: { looked_for: 8, found: 7, other_size: 1, unreadable: false },
      },
    },
  ],
};

test("import --dry-run says what an import would do, creates none, and fails for problems", async () => {
  const answer: Answer = (response) => json(response, found);
  const args = ["import", folder, "--suit", "1001", "--dry-run"];
  const { asked, code, stdout } = await against(answer, args);
  expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual(["POST /v1/dry-runs"]);
  expect(code).toBe(1);
  for (const part of [
    "/evidence/1001 → kongur suit_id=1001\n  12 files, 4.1 MB; 1 of them empty; 2 skipped; not all",
    "  to evidence/suits/1001/ at https://oss.test, by a lease until 2026-01-02",
    "earlier imports stored 9 of the first 12 files; OSS has 7 of 8",
    "at least 2 of them with another size",
    "NAME_INVALID (8 files): The name isn't UTF-8.\n    Rename it.\n    1\n",
    "and 3 more",
    "8 problems at least: not all was looked at. Nothing was written or sent.",
  ])
    expect(stdout).toContain(part);
  expect(stdout).not.toContain("\u001b[2J");
});

test("import --dry-run --json prints what the API found", async () => {
  const fine = { ...found, complete: true, problems: 0 };
  const args = ["import", folder, "--suit", "1001", "--dry-run", "--json"];
  const { code, stdout } = await against((response) => json(response, fine), args);
  expect([code, JSON.parse(stdout)]).toEqual([0, fine]);
});

const folders: SourceFolders = {
  path: "/evidence",
  items: [
    {
      ...{ path: "/evidence/1001", name: "1001", files: 1000, folders: 2, counted_all: false },
      last_import: {
        import_id: "0f8fad5b-d9cb-469f-a165-70867728950e",
        ...{ status: "sealed", created_at: "2026-03-01T10:00:00.000Z" },
      },
    },
    {
      ...{ path: "/evidence/1002", name: "1002", files: null, folders: null, counted_all: false },
      last_import: null,
    },
  ],
  ...{ next: "1002", complete: false, unnamed: 1 },
};

test("sources lists folders, when they were imported, and what isn't shown", async () => {
  const answer: Answer = (response) => json(response, folders);
  const args = ["sources", "/evidence", "--limit", "2", "--after", "1000"];
  const { asked, code, stdout, stderr } = await against(answer, args);
  expect(code).toBe(0);
  expect(asked[0]?.path).toBe("/v1/sources?path=%2Fevidence&limit=2&after=1000");
  expect(stdout).toMatch(/^1001 +1,000\+ +2\+ +2026-03-01 .*sealed$/m);
  expect(stdout).toMatch(/^1002 +- +-$/m);
  expect(stderr).toContain('--after "1002"');
  expect(stderr).toContain("100,000 entries");
  expect(stderr).toContain("1 folder can't be named");
});

test("sources without a folder asks for the roots", async () => {
  const none = { ...folders, items: [], next: null, complete: true, unnamed: 0 };
  const { asked, stdout } = await against((response) => json(response, none), ["sources"]);
  expect(asked[0]?.path).toBe("/v1/sources?limit=100");
  expect(stdout).toContain("no folder in sources.roots");
});
