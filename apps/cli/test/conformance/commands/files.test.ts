import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Answer,
  errorJson,
  failedFile,
  fileOf,
  folderOf,
  importId,
  json,
  needsSomebody,
  sealed,
  startFakeApi,
  viewOf,
} from "@exhibit/client/testing";
import type { FileView } from "@exhibit/contracts";
import { describe, expect, test } from "vitest";
import { against, bareEnvironment, program } from "../../support/run.ts";
import { scratchFolder } from "../../support/scratch.ts";
import { readCsv } from "../../support/strict-csv.ts";

const folders = [
  folderOf({ folder_id: "1" }),
  folderOf({ folder_id: "2", folder: { role: "firm" }, bucket: null, prefix: null }),
  folderOf({ folder_id: "3", folder: { role: "lawyer" }, bucket: "other", prefix: "l/" }),
];

/** An import of these files, given two a page. */
function importOf(files: readonly FileView[], view = sealed): Answer {
  return (response, { path }) => {
    const url = new URL(path, "http://api");
    if (url.pathname.endsWith("/folders")) return json(response, { items: folders, next: null });
    if (!url.pathname.endsWith("/files")) return json(response, view);
    const from = Number(url.searchParams.get("after") ?? 0);
    const next = from + 2 < files.length ? String(from + 2) : null;
    return json(response, { items: files.slice(from, from + 2), next });
  };
}

const skipped = { state: "skipped", skipped_as: "symlink", error: null } as const;
const all = [
  fileOf({ file_id: "1", path: "a.pdf" }),
  fileOf({ file_id: "2", path: "b, c.pdf" }),
  failedFile({ file_id: "3", path: "d.pdf" }),
  fileOf({ file_id: "4", folder_id: "3", path: "e.pdf", bucket: "other", key: "l/e.pdf" }),
  failedFile({ file_id: "5", folder_id: "3", path: "f", ...skipped }),
  failedFile({ file_id: "6", folder_id: "3", path: "g", is_folder: true, stands_for: 1204 }),
];

test("files of all pages are listed below their folders, and the count is said", async () => {
  const { code, stdout, stderr } = await against(importOf(all), ["files", importId]);
  expect(code).toBe(0);
  expect(stdout.split("\n")).toEqual([
    "kongur suit_id=1001  from /evidence/1001  in oss://evidence/suit/1001/",
    "  stored          3 B  a.pdf",
    "  stored          3 B  b, c.pdf",
    "  failed          3 B  d.pdf  SOURCE_IO",
    "kongur role=lawyer  from /evidence/1001  in oss://other/l/",
    "  stored          3 B  e.pdf",
    "  skipped              f  symlink",
    "  failed               g/  (a folder with 1,204 files)  SOURCE_IO",
    "",
  ]);
  expect(stderr).toMatch(/^6 files, as of \d{4}-\d\d-\d\d \d\d:\d\d UTC\.\n$/);
});

test("a name forges no line of the list, and is in CSV and JSON as it is", async () => {
  const path = "a\n  stored 3 B  b\u001b[2J";
  const forged = importOf([fileOf({ path })]);
  const { stdout } = await against(forged, ["files", importId]);
  expect(stdout.split("\n")).toHaveLength(3);
  expect(stdout).toContain("a\\u{a}  stored 3 B  b\\u{1b}[2J");
  const csv = await against(forged, ["files", importId, "--csv"]);
  expect(readCsv(csv.stdout.slice(1))).toMatchObject([{ path }]);
  const lines = await against(forged, ["files", importId, "--json"]);
  expect(JSON.parse(lines.stdout)).toMatchObject({ path });
});

test("--csv has a row for each file, each with its own place", async () => {
  const { code, stdout } = await against(importOf(all), ["files", importId, "--csv"]);
  expect(code).toBe(0);
  expect(stdout.startsWith("\uFEFFpath,state,")).toBe(true);
  const rows = readCsv(stdout.slice(1));
  expect(rows.map(({ path, bucket, folder }) => [path, bucket, folder])).toEqual([
    ["a.pdf", "evidence", "suit_id=1001"],
    ["b, c.pdf", "evidence", "suit_id=1001"],
    ["d.pdf", "", "suit_id=1001"],
    ["e.pdf", "other", "role=lawyer"],
    ["f", "", "role=lawyer"],
    ["g", "", "role=lawyer"],
  ]);
  const bare = await against(importOf(all), ["files", importId, "--csv", "--no-bom"]);
  expect(bare.stdout).toBe(stdout.slice(1));
});

test("--json has a line for each file, as the API gives it", async () => {
  const { stdout } = await against(importOf(all), ["files", importId, "--json"]);
  const lines = stdout.trimEnd().split("\n");
  expect(lines.map((line) => JSON.parse(line))).toEqual(all);
});

test("filters are the API's to apply", async () => {
  const { code, asked } = await against(importOf([]), [
    ...["files", importId, "--state", "failed,waived", "--code", "SOURCE_IO", "--folder", "7"],
    ...["--prefix", "借款/", "--search", "a b", "--sha256", "ab".repeat(32)],
  ]);
  expect(code).toBe(0);
  const { searchParams } = new URL(asked.at(-1)?.path ?? "", "http://api");
  expect(Object.fromEntries(searchParams)).toEqual({
    state: "failed,waived",
    code: "SOURCE_IO",
    folder_id: "7",
    prefix: "借款/",
    q: "a b",
    sha256: "ab".repeat(32),
    limit: "1000",
  });
});

test("of an import that runs, and of folders that couldn't be walked, the list says what it can't know", async () => {
  const none = { ...needsSomebody, files: 0, folders: 0, stands_for: 0 };
  const errors = [{ code: "SOURCE_NOT_FOUND", message: "m", remedy: "r", ...none }];
  const view = viewOf({ status: "planning", errors });
  const { stderr } = await against(importOf(all, view), ["files", importId]);
  expect(stderr).toContain("The import is planning: the state of files may have changed since");
  expect(stderr).toContain("there will be more files");
  expect(stderr).toContain("couldn't be walked aren't listed (SOURCE_NOT_FOUND)");
});

test("a list that breaks off ends with an error, and with --json says so in its last line", async () => {
  const broken: Answer = (response, asked) =>
    asked.path.includes("after=2")
      ? errorJson(response, 503, "SERVICE_UNREACHABLE", "The ledger is away.")
      : importOf(all)(response, asked);
  const { code, stdout, last } = await against(broken, ["files", importId, "--json"]);
  expect(code).toBe(3);
  expect(stdout.trimEnd().split("\n")).toHaveLength(1);
  expect(last()).toMatchObject({ error: { code: "SERVICE_UNREACHABLE" } });
});

describe("--output", () => {
  test("writes the file whole, replaces none, and does when it is told to", async () => {
    const folder = await scratchFolder();
    const path = join(folder, "E-77.csv");
    const args = ["files", importId, "--csv", "--output", path];
    const first = await against(importOf(all), args);
    expect(first).toMatchObject({ code: 0, stdout: "" });
    expect(first.stderr).toContain(`6 files in ${path}, as of`);
    expect(readCsv((await readFile(path, "utf8")).slice(1))).toHaveLength(6);
    const second = await against(importOf([]), args);
    expect(second.code).toBe(2);
    expect(second.stderr).toContain(`${path} exists already; --force replaces it.`);
    expect((await against(importOf([]), [...args, "--force"])).code).toBe(0);
    expect(readCsv((await readFile(path, "utf8")).slice(1))).toEqual([]);
    expect(await readdir(folder)).toEqual(["E-77.csv"]);
  });

  test("leaves nothing when the list breaks off, or somebody else was faster", async () => {
    const folder = await scratchFolder();
    const path = join(folder, "list");
    const args = ["files", importId, "--output", path];
    const broken = await against(
      (response, asked) =>
        asked.path.includes("after=2") ? response.destroy() : importOf(all)(response, asked),
      args,
    );
    expect(broken.code).toBe(3);
    expect(await readdir(folder)).toEqual([]);
    const slow = await against((response, asked) => {
      if (!asked.path.includes("after=2")) return importOf(all)(response, asked);
      return void writeFile(path, "theirs").then(() => importOf(all)(response, asked));
    }, args);
    expect(slow.code).toBe(2);
    expect(await readFile(path, "utf8")).toBe("theirs");
    expect(await readdir(folder)).toEqual(["list"]);
  });

  test("leaves nothing when it is stopped", async () => {
    const folder = await scratchFolder();
    const reached = Promise.withResolvers<() => void>();
    await using api = await startFakeApi((response, asked) => {
      const answer = () => importOf(all)(response, asked);
      if (asked.path.includes("after=2")) reached.resolve(answer);
      else answer();
    });
    const child = spawn(program, ["files", importId, "--output", join(folder, "list")], {
      env: bareEnvironment({ EXHIBIT_API_URL: api.url }),
      stdio: ["ignore", "ignore", "pipe"],
    });
    const ended = once(child, "exit");
    const go = await reached.promise;
    expect(await readdir(folder)).toHaveLength(1);
    child.kill("SIGINT");
    const [code] = await ended;
    go();
    expect(code).toBe(130);
    expect(await readdir(folder)).toEqual([]);
  });

  test.each([
    [["--output", "/nowhere/list"], "/nowhere/list can't be written (ENOENT)."],
    [["--output", "/dev/null", "--force"], "isn't a file"],
    [["--force"], "--output"],
    [["--csv", "--json"], "Use either --csv or --json"],
    [["--state", "failed,lost"], '"lost" is none of planned, stored'],
    [["--code", "EVIDENCE"], "Did you mean EVIDENCE_CONFLICT?"],
  ])("refuses %j", async (args, sentence) => {
    const { code, stderr } = await against(importOf(all), ["files", importId, ...args]);
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
  });
});

test("what can't be written ends with 1 and a sentence, not with a stack", async () => {
  await using api = await startFakeApi(importOf(all));
  const shell = spawn("sh", ["-c", `"${program}" files ${importId} > /dev/full`], {
    env: bareEnvironment({ EXHIBIT_API_URL: api.url }),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(shell, "exit");
  let said = "";
  for await (const chunk of shell.stderr) said += chunk;
  expect((await ended)[0]).toBe(1);
  expect(said).toBe("The output can't be written (ENOSPC).\n");
});

test("an id is named by its end or its beginning; when it may be several, they are named", async () => {
  const twin = viewOf({ import_id: "1f8fad5b-d9cb-469f-a165-70867728950e" });
  const answer: Answer = (response, asked) => {
    const id = new URL(asked.path, "http://api").searchParams.get("id");
    if (id === null) return importOf(all)(response, asked);
    const items = [sealed, twin].filter(
      ({ import_id }) => import_id.startsWith(id) || import_id.endsWith(id),
    );
    return json(response, { items, next: null });
  };
  const one = await against(answer, ["files", "0f8fad5b"]);
  expect(one.code).toBe(0);
  expect(one.asked.map(({ path }) => path.split("?")[0])).toContain(
    `/v1/imports/${importId}/files`,
  );
  const several = await against(answer, ["files", "7728950e"]);
  expect(several.code).toBe(2);
  expect(several.stderr).toContain(`7728950e may be ${importId}, ${twin.import_id}. Type more`);
  const none = await against(answer, ["files", "abcdef"]);
  expect(none.code).toBe(2);
  expect(none.stderr).toContain("There is no import whose id begins or ends with abcdef.");
});
