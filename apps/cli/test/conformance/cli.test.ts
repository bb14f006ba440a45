import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { userInfo } from "node:os";
import {
  type Answer,
  deadUrl,
  errorJson,
  eventStream,
  folderOf,
  importId,
  json,
  needsSomebody,
  sealed,
  viewOf,
} from "@exhibit/client/testing";
import { describe, expect, test } from "vitest";
import { against, bareEnvironment, exhibit, exhibitProcess, program } from "../support/run.ts";
import { scratchFolder } from "../support/scratch.ts";

const sealing: Answer = (response, { method, path }) => {
  if (method === "POST") return json(response, viewOf({ status: "planning" }), 202);
  if (path.includes("/folders")) return json(response, { items: [folderOf()], next: null });
  if (!path.endsWith("/events")) return json(response, viewOf());
  const send = eventStream(response);
  send(viewOf({ stored: 500, planned: 500 }));
  send(sealed);
};

describe("bad use ends with 2 and one sentence", () => {
  test("with --json it is the last line of output, too, whoever found it", async () => {
    const { code, last } = await exhibitProcess(["import", ".", "--role", "judge", "--json"]);
    expect(code).toBe(2);
    expect(last()).toMatchObject({
      error: { code: "REQUEST_INVALID", message: expect.stringContaining("judge") },
    });
  });

  test("a second sandbox on the same data is refused, and names the process that has them", async () => {
    const env = { EXHIBIT_DATA_DIR: await scratchFolder() };
    const args = ["sandbox", "--gateway-port", "0", "--oss-port", "0"];
    const first = spawn(program, args, {
      env: bareEnvironment(env),
      stdio: ["ignore", "pipe", "pipe"],
    });
    await new Promise<void>((resolve) => {
      first.stderr.on("data", (chunk: Buffer) => chunk.includes("Objects are kept") && resolve());
    });
    const second = await exhibit(args, env);
    const ended = new Promise((resolve) => first.once("exit", resolve));
    first.kill("SIGTERM");
    await ended;
    expect(second.code).toBe(2);
    expect(second.stderr).toContain(String(first.pid));
  });

  test.each<[string, string[], string]>([
    ["an unknown command", ["improt"], "unknown command"],
    ["a limit nobody can read", ["up", "--bwlimit", "10X"], '"10X"'],
    ["an unknown option", ["status", "--fast"], "--fast"],
    ["a missing argument", ["watch"], "missing required argument"],
    ["a pair without =", ["import", ".", "--folder", "op_poi_id"], "key=value"],
    ["a role that there isn't", ["import", ".", "--role", "judge"], "judge"],
    ["a folder that isn't there", ["import", "/nowhere/at/all", "--suit", "1"], "isn't there"],
    ["a fleet without its servers", ["worker"], "EXHIBIT_REDIS_URL"],
    ["a migration of no server", ["migrate"], "`exhibit up` itself"],
    ["a migration that is looked at twice", ["migrate", "--check", "--dry-run"], "--dry-run"],
    ["a port that is none", ["sandbox", "--oss-port", "many"], "0 (any free port) to 65535"],
    ["a waiver without a reason", ["waive", "1", "--all"], "--why"],
    [
      "a waiver of nothing",
      ["waive", "1", "--why", "gone"],
      "--file ID, --code CODE, --folder ID or --all",
    ],
    [
      "a waiver of two kinds",
      ["waive", "1", "--why", "gone", "--all", "--code", "SOURCE_IO"],
      "--file ID, --code CODE, --folder ID or --all",
    ],
    ["a pause of nothing", ["pause"], "Name either an import"],
    ["a resumption of two things", ["resume", "1", "--vendor", "kongur"], "Name either an import"],
    ["no command at all", [], "Usage: exhibit"],
  ])("%s", async (_, args, sentence) => {
    const { code, stdout, stderr } = await exhibit(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(sentence);
    expect(stderr).not.toContain("    at ");
  });
});

test("an API that isn't there ends with 3, and with --json says so in an object", async () => {
  const url = await deadUrl();
  const { code, stderr, last } = await exhibit(["status", "--json"], { EXHIBIT_API_URL: url });
  expect(code).toBe(3);
  expect(stderr).toContain(`No Exhibit API answers at ${url}`);
  expect(last()).toMatchObject({ error: { code: "SERVICE_UNREACHABLE" } });
});

test.each<[string, string[]]>([
  ["status", ["status"]],
  ["status of an import", ["status", importId]],
  ["watch", ["watch", importId]],
])(
  "an API that takes the call but never answers is told of within seconds by %s",
  async (_, args) => {
    const startedAt = performance.now();
    const { code, stderr } = await against(() => undefined, args);
    expect(code).toBe(3);
    expect(stderr).toContain("it took too long");
    // Five seconds until it is said; watch asks once more.
    expect(performance.now() - startedAt).toBeLessThan(30_000);
  },
);

test.each(["import", "waive", "vendors check"])(
  "the help of %s shows no empty defaults",
  async (command) => {
    const { code, stdout } = await exhibit([...command.split(" "), "--help"]);
    expect(code).toBe(0);
    expect(stdout).not.toContain("default: []");
  },
);

test("--help teaches: examples, exit codes, environment", async () => {
  const { code, stdout } = await exhibit(["--help"]);
  expect(code).toBe(0);
  for (const part of ["Examples:", "Exit codes:", "EXHIBIT_CONFIG", "import", "sandbox"]) {
    expect(stdout).toContain(part);
  }
});

test("import whose response is lost sends the same request again", async () => {
  const folder = await scratchFolder(["1001/a.pdf"]);
  let tries = 0;
  const { code, stderr, asked } = await against(
    (response, one) => {
      tries += 1;
      if (tries === 1) response.destroy();
      else sealing(response, one);
    },
    ["import", folder, "--entrust", "E-77", "--suit", "1001"],
  );
  expect(code).toBe(0);
  expect(stderr).toContain("The request is sent again; it is carried out only once.");
  const [first, second] = asked;
  expect(first?.idempotencyKey).toBeDefined();
  expect(second).toEqual(first);
});

test("import sends the mapped case, waits, and ends stdout with the summary", async () => {
  const folder = await scratchFolder(["1001/a.pdf", "firm/b.pdf"]);
  const { code, stderr, last, asked } = await against(sealing, [
    ...["import", folder, "--entrust", "E-77", "--suit", "1001", "--json"],
  ]);
  expect(code).toBe(0);
  expect(asked[0]?.body).toEqual({
    entrust_id: "E-77",
    suit_ids: ["1001"],
    folders: [
      {
        vendor: "kongur",
        folder: { suit_id: "1001" },
        source: { type: "directory", path: `${folder}/1001` },
      },
      {
        vendor: "kongur",
        folder: { role: "firm" },
        source: { type: "directory", path: `${folder}/firm` },
      },
    ],
  });
  expect(stderr).toContain(`${folder}/firm → kongur role=firm`);
  // All that the API says, with the keys that scripts have read from the beginning.
  expect(last()).toEqual({ ...sealed, folders: [folderOf()] });
  const { files, bytes, stored, identical, failed, waived, skipped, seconds } = sealed;
  expect(last()).toMatchObject({
    ...{ import_id: importId, status: "sealed", paused: null },
    ...{ files, bytes, stored, identical, failed, waived, skipped, seconds },
  });
});

test("import --detach doesn't wait", async () => {
  const folder = await scratchFolder(["a.pdf"]);
  const { code, last, asked } = await against(sealing, [
    "import",
    folder,
    "--suit",
    "1",
    "--detach",
    "--json",
  ]);
  expect(code).toBe(0);
  expect(last()).toMatchObject({ import_id: importId, status: "planning" });
  expect(asked).toHaveLength(1);
});

test("nothing is sent when a part of the folder would be left out", async () => {
  const folder = await scratchFolder(["1001/a.pdf", "loose.txt"]);
  const { code, stderr, asked } = await against(sealing, ["import", folder, "--suit", "1001"]);
  expect(code).toBe(2);
  expect(stderr).toContain("loose.txt");
  expect(asked).toEqual([]);
});

test("how names are read is sent with each folder, and a name that isn't UTF-8 is shown by its bytes", async () => {
  const folder = await scratchFolder(["1001/a.pdf"]);
  const named = ["import", folder, "--suit", "1001", "--names", "gb18030"];
  const { code, asked } = await against(sealing, named);
  expect(code).toBe(0);
  expect(asked[0]?.body).toMatchObject({ folders: [{ source: { names: "gb18030" } }] });

  const contract = Buffer.from([0xba, 0xcf, 0xcd, 0xac]);
  await mkdir(Buffer.concat([Buffer.from(`${folder}/`), contract]));
  const { stderr } = await against(sealing, named);
  expect(stderr).toContain('would be left out: "\\xba\\xcf\\xcd\\xac" (as GB18030: 合同).');
  const missing = await against(sealing, ["import", `${folder}/${contract}`, "--suit", "1001"]);
  expect(missing.stderr).toContain("import the folder above it with --names");
});

test("watch ends with 1 for an import that needs attention, and says how to go on", async () => {
  const errors = [
    {
      code: "VENDOR_REFUSED",
      message: "SUIT_NOT_EXIST: 1001",
      remedy: "Correct the ids.",
      files: 3,
      folders: 0,
      stands_for: 0,
      ...needsSomebody,
    },
  ];
  const { code, stdout } = await against(
    (response) => json(response, viewOf({ status: "attention", failed: 3, errors })),
    ["watch", importId],
  );
  expect(code).toBe(1);
  expect(stdout).toContain("VENDOR_REFUSED (3 files): SUIT_NOT_EXIST: 1001");
  expect(stdout).toContain(`npx exhibit retry ${importId}`);
});

test("retry takes up what failed and waits for the end", async () => {
  const { code, asked } = await against(sealing, ["retry", importId]);
  expect(code).toBe(0);
  expect(asked[0]).toMatchObject({ method: "POST", path: `/v1/imports/${importId}/retry` });
});

test("retry can be narrowed to a folder, a code, a file, and says why", async () => {
  const { code, asked } = await against(sealing, [
    ...["retry", importId, "--folder", "3", "--code", "SOURCE_IO", "--file", "7", "--file", "8"],
    ...["--expect", "2", "--why", "again"],
  ]);
  expect(code).toBe(0);
  expect(asked[0]).toMatchObject({
    body: {
      ...{ folder_id: "3", code: "SOURCE_IO", file_ids: ["7", "8"] },
      ...{ expect_files: 2, why: "again" },
    },
    actor: encodeURIComponent(userInfo().username),
  });
});

test("cancel ends with 0 and says what is stored", async () => {
  const { code, stdout, asked } = await against(
    (response) => json(response, viewOf({ status: "cancelled" }), 202),
    ["cancel", importId, "--why", "the wrong case"],
  );
  expect(code).toBe(0);
  expect(asked).toMatchObject([
    { path: `/v1/imports/${importId}/cancel`, body: { why: "the wrong case" } },
  ]);
  expect(stdout).toContain("cancelled after");
  expect(stdout).toContain("250 stored");
});

test("cancel of an import that is sealed ends with 2 and the API's sentence", async () => {
  const sentence = `Import ${importId} is sealed: there is nothing to cancel.`;
  const { code, stderr } = await against(
    (response) => errorJson(response, 409, "STATE_CONFLICT", sentence),
    ["cancel", importId],
  );
  expect(code).toBe(2);
  expect(stderr).toContain(sentence);
});

test.each<[string[], object]>([
  [["--file", "1", "--file", "2"], { file_ids: ["1", "2"] }],
  [
    ["--folder", "3", "--code", "SOURCE_IO", "--expect", "7"],
    { folder_id: "3", code: "SOURCE_IO", expect_files: 7 },
  ],
  [["--code", "SOURCE_IO"], { code: "SOURCE_IO" }],
  [["--all"], {}],
])(
  "waive %j says which files and why, and waits until the import is sealed",
  async (args, named) => {
    const { code, asked, last } = await against(
      (response, asked) =>
        asked.path.includes("/folders")
          ? sealing(response, asked)
          : json(response, asked.method === "POST" ? viewOf({ status: "sealing" }) : sealed),
      ["waive", importId, ...args, "--why", "gone", "--json"],
    );
    expect(code).toBe(0);
    expect(asked.find(({ method }) => method === "POST")?.body).toEqual({ ...named, why: "gone" });
    expect(last()).toMatchObject({ status: "sealed" });
  },
);

test("waive doesn't wait for an import that has other failed files, and counts them", async () => {
  const view = viewOf({ status: "attention", failed: 3, waived: 1 });
  const { code, stderr, asked } = await against(
    (response) => json(response, view),
    ["waive", importId, "--file", "1", "--why", "gone"],
  );
  expect(code).toBe(0);
  expect(stderr).toContain("3 failed files left");
  expect(asked.map(({ method }) => method)).toEqual(["GET", "POST"]);
});

test("waive says how many files a folder stands for that is given up", async () => {
  const group = { code: "NAME_INVALID", message: "m", remedy: "r", files: 3, ...needsSomebody };
  const before = viewOf({
    status: "attention",
    errors: [{ ...group, folders: 1, stands_for: 1204 }],
  });
  const after = viewOf({ status: "attention", failed: 1, waived: 3, errors: [] });
  const { stderr } = await against(
    (response, { method }) => json(response, method === "POST" ? after : before),
    ["waive", importId, "--all", "--why", "known"],
  );
  expect(stderr).toContain("Given up: 2 files and 1 folder with 1,204 files that failed with");
});

test("an id that there isn't ends with 2 and the API's sentence", async () => {
  const { code, stderr } = await against(
    (response) => errorJson(response, 404, "NOT_FOUND", "There is no import 123."),
    ["status", "123"],
  );
  expect(code).toBe(2);
  expect(stderr).toContain("There is no import 123. [NOT_FOUND]");
});

const wang = { at: "2026-11-23T12:34:56.000Z", who: "王芳", why: "the scanner is being repaired" };

test("pause and resume say how the import stands, and how it goes on", async () => {
  const paused = await against(
    (response) => json(response, viewOf({ paused: wang }), 202),
    ["pause", importId, "--why", "the scanner is being repaired"],
  );
  expect(paused.code).toBe(0);
  expect(paused.asked).toMatchObject([
    { path: `/v1/imports/${importId}/pause`, body: { why: "the scanner is being repaired" } },
  ]);
  expect(paused.stdout).toContain(`Import ${importId}: paused after`);
  expect(paused.stdout).toContain(
    "Paused by 王芳 at 2026-11-23 12:34 UTC: the scanner is being repaired.",
  );
  expect(paused.stdout).toContain(`npx exhibit resume ${importId}`);
  const resumed = await against(
    (response) => json(response, viewOf(), 202),
    ["resume", importId, "--json"],
  );
  expect(resumed.asked).toMatchObject([{ path: `/v1/imports/${importId}/resume`, body: {} }]);
  expect(resumed.last()).toMatchObject({ status: "storing", paused: null });
});

test("pause and resume of a vendor ask for it by its name", async () => {
  const state = { vendor: "kongur", state: "ok", leases: 0, calls: 0, refusals: 0 };
  const paused = await against(
    (response) => json(response, { ...state, paused: wang }, 202),
    ["pause", "--vendor", "kongur", "--why", "w"],
  );
  expect(paused.asked).toMatchObject([{ path: "/v1/vendors/kongur/pause", body: { why: "w" } }]);
  expect(paused.stdout).toContain("The vendor kongur was paused by 王芳");
  expect(paused.stdout).toContain("npx exhibit resume --vendor kongur");
  const resumed = await against(
    (response) => json(response, state, 202),
    ["resume", "--vendor", "kongur"],
  );
  expect(resumed).toMatchObject({ code: 0, asked: [{ path: "/v1/vendors/kongur/resume" }] });
});

test("status and watch say what is paused, by whom, and the command that lets it go on", async () => {
  const view = viewOf({ paused_vendors: [{ vendor: "kongur", ...wang }] });
  const status = await against(
    (response, { path }) =>
      json(response, path.includes("folders") ? { items: [], next: null } : view),
    ["status", importId],
  );
  expect(status.stdout).toContain("The vendor kongur was paused by 王芳");
  const watch = await against(
    (response, { path }) => {
      if (!path.endsWith("/events")) return json(response, viewOf());
      const send = eventStream(response);
      send(viewOf({ paused: wang }));
      send(viewOf());
      send(sealed);
    },
    ["watch", importId],
  );
  expect(watch.stderr.match(/Paused by 王芳/g)).toHaveLength(1);
  expect(watch.stderr).toContain("the import continues");
});

test("audit shows who did what, when and why, page by page, and as JSON", async () => {
  const act = {
    event_id: "1",
    import_id: importId,
    vendor: null,
    subject: null,
    at: "2026-11-23T12:34:56.000Z",
    who: "王芳",
    what: "retry",
    why: "reopened",
    folder_id: "7",
    file_id: null,
    code: "VENDOR_REFUSED",
    files: 3,
    details: null,
  };
  const pages: Answer = (response, { path }) =>
    path.includes("after=1")
      ? json(response, { items: [{ ...act, event_id: "2", what: "cancel" }], next: null })
      : json(response, { items: [act], next: "1" });
  const { code, stdout, asked } = await against(pages, ["audit", importId]);
  expect(code).toBe(0);
  expect(stdout.split("\n")[1]?.split(/ {2,}/)).toEqual([
    "2026-11-23 12:34 UTC",
    "王芳",
    "retry of VENDOR_REFUSED in folder 7 (3 files)",
    "reopened",
  ]);
  expect(stdout).toContain("cancel of");
  expect(asked).toHaveLength(2);
  const vendor = await against(pages, ["audit", "--vendor", "kongur", "--json"]);
  expect(vendor.asked[0]?.path).toContain("/v1/vendors/kongur/audit?");
  expect(vendor.last()).toMatchObject({ audit: [{ what: "retry" }, { what: "cancel" }] });
  const key = await against(pages, ["audit", "--key", "AbC12345", "--json"]);
  expect(key.asked[0]?.path).toContain("/v1/keys/AbC12345/audit?");
  const wrong = [
    [importId, "--key", "AbC12345"],
    ["--vendor", "x", "--key", "y"],
    [importId, "--all"],
    ["--all", "--vendor", "x"],
    [importId, "--who", "x"],
    ["--all", "--what", "delete"],
    ["--all", "--from", "yesterday"],
    [],
  ];
  for (const names of wrong) expect((await exhibit(["audit", ...names])).code).toBe(2);
});

test("audit of reads says who read which lists of an import, or of everything", async () => {
  const read = {
    read_id: "1",
    at: "2026-11-23T12:34:56.000Z",
    who: "key:court",
    what: "files.csv",
  };
  const reads: Answer = (response) =>
    json(response, { items: [{ ...read, subject: `imports/${importId}` }], next: null });
  const { code, stdout, asked } = await against(reads, ["audit", importId, "--reads"]);
  expect(code).toBe(0);
  expect(stdout.split("\n")[1]?.split(/ {2,}/)).toEqual([
    "2026-11-23 12:34 UTC",
    "key:court",
    `files.csv of imports/${importId}`,
  ]);
  expect(asked[0]?.path).toBe(`/v1/audit/reads?import_id=${importId}&limit=1000`);
  const all = ["audit", "--reads", "--all", "--who", "key:court", "--subject", "cases", "--json"];
  const whole = await against(reads, all);
  expect(whole.last()).toMatchObject({ reads: [{ who: "key:court" }] });
  expect(whole.asked[0]?.path).toContain("?subject=cases&who=key%3Acourt&limit=1000");
  for (const names of [
    [],
    [importId, "--all"],
    [importId, "--subject", "x"],
    ["--vendor", "x"],
    ["--all", "--what", "create"],
  ]) {
    expect((await exhibit(["audit", "--reads", ...names])).code).toBe(2);
  }
});

test("audit of everything says what was acted on, and asks for no more than it is to show", async () => {
  const act = {
    ...{ event_id: "1", import_id: null, vendor: null, subject: null, why: null },
    ...{ at: "2026-11-23T12:34:56.000Z", who: "key:ops", what: "board" },
    ...{ folder_id: null, file_id: null, code: null, files: null, details: null },
  };
  const press = { action: "retry", queue: "store" };
  const items = [
    { ...act, subject: "queues/store", details: { ...press, status: "failed" } },
    { ...act, import_id: importId, details: { ...press, job: "store-7" } },
    { ...act, subject: "queues", details: { action: "resume" } },
    { ...act, subject: "bandwidth", what: "change", details: { limit: "10M" } },
    { ...act, vendor: "rex", what: "pause" },
  ];
  const limits = ["--who", "key:ops", "--what", "board,change,pause", "--subject", "queues"];
  const times = ["--from", "2026-11-23", "--to", "2026-11-30T08:00+08:00"];
  const { code, stdout, asked } = await against(
    (response) => json(response, { items, next: null }),
    ["audit", "--all", ...limits, ...times],
  );
  expect(code).toBe(0);
  const [, ...rows] = stdout.trimEnd().split("\n");
  expect(rows.map((row) => row.split(/ {2,}/).slice(2))).toEqual([
    ["queues/store", "board retry of all failed jobs of store"],
    [`import ${importId}`, "board retry of store-7"],
    ["queues", "board resume of all jobs of all queues"],
    ["bandwidth", "change to 10M"],
    ["vendor rex", "pause"],
  ]);
  const query = new URL(asked[0]?.path ?? "", "http://x").searchParams;
  expect(Object.fromEntries(query)).toMatchObject({
    ...{ who: "key:ops", what: "board,change,pause", subject: "queues" },
    ...{ from: "2026-11-23T00:00:00.000Z", to: "2026-11-30T00:00:00.000Z" },
  });
});

describe("accept", () => {
  const offered = { endpoint: "https://oss-2", bucket: "b-2", prefix: "p/" };
  const one: Answer = (response, { path, ...asked }) => {
    const items = [folderOf({ folder_id: "6" }), folderOf({ folder_id: "7", failed: 3, offered })];
    if (path.endsWith("/folders?limit=1000")) return json(response, { items, next: null });
    sealing(response, { path, ...asked });
  };
  const args = ["accept", importId, "--folder", "7", "--why", "they moved"];

  test("shows both places and changes nothing until the new one is named, to the letter", async () => {
    const shown = await against(one, args);
    expect(shown.code).toBe(2);
    expect(shown.stderr).toContain("https://oss-cn-hangzhou.aliyuncs.com/evidence/suit/1001/");
    expect(shown.stderr).toContain("--to 'https://oss-2/b-2/p/'");
    const wrong = await against(one, [...args, "--to", "https://oss-2/b-2/"]);
    expect(wrong.code).toBe(2);
    for (const { asked } of [shown, wrong]) {
      expect(asked.map(({ method }) => method)).not.toContain("POST");
    }
  });

  test("has the files go there, and waits for the end", async () => {
    const { code, asked } = await against(one, [...args, "--to", "https://oss-2/b-2/p/"]);
    expect(code).toBe(0);
    expect(asked[1]).toMatchObject({
      method: "POST",
      path: `/v1/imports/${importId}/folders/7/accept-destination`,
      body: { ...offered, why: "they moved" },
    });
  });

  test.each([
    ["6", "Folder 6 has no new destination to accept"],
    ["8", "There is no folder 8"],
  ])("says so when folder %s has nothing to accept", async (folder, sentence) => {
    const { code, stderr } = await against(one, [...args.with(3, folder), "--to", "x"]);
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
  });
});
