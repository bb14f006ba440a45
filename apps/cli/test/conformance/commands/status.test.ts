import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  type Answer,
  deliveryOf,
  errorJson,
  eventStream,
  folderOf,
  importId,
  json,
  needsSomebody,
  sealed,
  startFakeApi,
  viewOf,
} from "@exhibit/client/testing";
import { type ImportView, TRIAL_NOTICE } from "@exhibit/contracts";
import { expect, test } from "vitest";
import { against, bareEnvironment, program } from "../../support/run.ts";

/** A hundred imports or so, of which the API gives what the query asks for. */
function imports(count: number): Answer {
  const all = Array.from({ length: count }, (_, index) =>
    viewOf({ import_id: `0f8fad5b-d9cb-469f-a165-${String(index).padStart(12, "0")}` }),
  );
  return (response, { path }) => {
    const query = new URL(path, "http://api").searchParams;
    const from = Number(query.get("after") ?? 0);
    const to = from + Number(query.get("limit"));
    json(response, { items: all.slice(from, to), next: to < count ? String(to) : null });
  };
}

test("status lists the latest imports by short ids, with their cases, and says how many there are", async () => {
  const few = await against(imports(2), ["status"]);
  expect(few.code).toBe(0);
  expect(few.stdout.split("\n").map((line) => line.trim().split(/ {2,}/))).toEqual([
    ["IMPORT", "CASE", "STATUS", "FILES", "BYTES", "FAILED", "CREATED"],
    ["00000000", "E-77 1001", "storing", "1,000", "40.0 MB", "0", "2026-03-01 10:00 UTC"],
    ["00000001", "E-77 1001", "storing", "1,000", "40.0 MB", "0", "2026-03-01 10:00 UTC"],
    ["2 imports."],
    [""],
  ]);
  const many = await against(imports(60), ["status"]);
  expect(many.stdout).toContain("20 imports; 40 more: --all or --limit N shows them.");
  const thousands = await against(imports(1500), ["status", "--limit", "3"]);
  expect(thousands.stdout.split("\n")).toHaveLength(6);
  expect(thousands.stdout).toContain("3 imports; more than 1,000 more:");
  const all = await against(imports(1500), ["status", "--all", "--json"]);
  expect(all.last()).toMatchObject({ imports: { length: 1500 }, more: false });
});

test("while something runs, the list says how many jobs there are, if one may know", async () => {
  const oldest_at = "2026-03-01T10:00:00.000Z";
  const idle = { waiting: 0, active: 0, delayed: 0, failed: 0, oldest_at: null };
  const queues = [
    { ...idle, queue: "plan", active: 1 },
    { queue: "store", waiting: 1200, active: 4, delayed: 2, failed: 3, oldest_at },
    { ...idle, queue: "seal" },
  ];
  const list = imports(1);
  const busy = await against(
    (response, asked) =>
      asked.path === "/v1/queues" ? json(response, { items: queues }) : list(response, asked),
    ["status"],
  );
  expect(busy.stdout).toContain(
    "1 import.\nJobs: plan 1 running; store 1,200 waiting, 4 running, 2 to come again, 3 failed.\n",
  );
  const scoped = await against(
    (response, asked) =>
      asked.path === "/v1/queues"
        ? errorJson(response, 403, "AUTH_FORBIDDEN", "no")
        : list(response, asked),
    ["status"],
  );
  expect(scoped.stdout).toMatch(/1 import\.\n$/);
  const resting = await against(
    (response) => json(response, { items: [sealed], next: null }),
    ["status"],
  );
  expect(resting.asked.map(({ path }) => path)).not.toContain("/v1/queues");
});

test("of a trial it says that nothing left this machine, and watch says so at its start and end", async () => {
  const tried = { ...sealed, trial: true };
  const list = await against(
    (response) => json(response, { items: [tried], next: null }),
    ["status"],
  );
  expect(list.stdout.trimEnd().split("\n").at(-1)).toBe(TRIAL_NOTICE);
  const watched = await against((response) => json(response, tried), ["watch", importId]);
  expect(watched.stderr).toContain(TRIAL_NOTICE);
  expect(watched.stdout).toContain(TRIAL_NOTICE);
});

test("the list is narrowed by the API", async () => {
  const { asked, stdout } = await against(imports(0), [
    ...["status", "--entrust", "E-77", "--suit", "1001", "--status", "attention", "--scheduled"],
  ]);
  const { searchParams } = new URL(asked[0]?.path ?? "", "http://api");
  expect(Object.fromEntries(searchParams)).toEqual({
    ...{ entrust_id: "E-77", suit_id: "1001", status: "attention", limit: "20" },
    scheduled: "true",
  });
  expect(stdout).toBe("0 imports.\n");
});

test.each([
  [["status", importId, "--suit", "1"], "--suit is for the list"],
  [["status", "--limit", "0"], "number from 1 on"],
  [["status", "--status", "done"], "planning"],
])("%j is bad use", async (args, sentence) => {
  const { code, stderr } = await against(imports(1), args);
  expect(code).toBe(2);
  expect(stderr).toContain(sentence);
});

test("times are of this machine's zone, or UTC when it is asked for", async () => {
  const zone = { TZ: "Asia/Shanghai" };
  const local = await against(imports(1), ["status"], zone);
  expect(local.stdout).toContain("2026-03-01 18:00 +08:00");
  const utc = await against(imports(1), ["status", "--utc"], zone);
  expect(utc.stdout).toContain("2026-03-01 10:00 UTC");
});

test("status of one says where its folders' files are, when it was, and how to list what failed", async () => {
  const error = { message: "m", remedy: "r", folders: 0, stands_for: 0, ...needsSomebody };
  const errors = [
    { ...error, code: "EVIDENCE_CONFLICT", files: 500 },
    { ...error, code: "SOURCE_IO", files: 1 },
  ];
  const finished_at = "2026-03-01T10:00:04.000Z";
  const view = viewOf({ status: "attention", failed: 501, errors, finished_at });
  const folders = [folderOf(), folderOf({ folder_id: "2", bucket: null, prefix: null })];
  const { code, stdout, last } = await against(
    (response, { path }) => {
      if (path.includes("/folders")) return json(response, { items: folders, next: null });
      return json(response, path.includes("?id=") ? { items: [view], next: null } : view);
    },
    ["status", "7728950e"],
  );
  expect(code).toBe(1);
  expect(stdout).toContain(`Import ${importId}: needs attention`);
  expect(stdout).toContain("E-77 1001; created 2026-03-01 10:00 UTC, ended 2026-03-01 10:00 UTC\n");
  expect(stdout.match(/\n {2}in oss:\/\/evidence\/suit\/1001\/\n/g)).toHaveLength(1);
  expect(stdout).toContain(`npx exhibit files ${importId} --code EVIDENCE_CONFLICT\n`);
  expect(stdout).not.toContain("--code SOURCE_IO");
  expect(() => last()).toThrow();
});

test("status --json is the API's import with its folders", async () => {
  const folders = [folderOf(), folderOf({ folder_id: "2" })];
  const { last } = await against(
    (response, { path }) =>
      json(response, path.includes("/folders") ? { items: folders, next: null } : sealed),
    ["status", importId, "--json"],
  );
  expect(last()).toEqual({ ...sealed, folders });
});

test("what a cancelled import hasn't sent isn't to go", async () => {
  const view = viewOf({ status: "cancelled", planned: 750 });
  const { stdout } = await against(
    (response, { path }) =>
      json(response, path.includes("/folders") ? { items: [], next: null } : view),
    ["status", importId],
  );
  expect(stdout).toContain("250 stored (10.0 MB), 750 not sent");
});

test("a retry of a paused import says that it waits, for whom, and doesn't", async () => {
  const wang = { at: "2026-11-23T12:34:56.000Z", who: "王芳", why: null };
  const answer: Answer = (response) => json(response, viewOf({ paused: wang, planned: 3 }), 202);
  const { code, stdout, stderr, asked } = await against(answer, ["retry", importId]);
  expect(code).toBe(1);
  expect(stderr).toContain("is paused: 3 files to store once it is resumed.");
  expect(stdout).toContain(`Paused by 王芳 at 2026-11-23 12:34 UTC`);
  expect(stdout).toContain(`npx exhibit resume ${importId}`);
  expect(asked).toHaveLength(1);
  expect((await against(answer, ["retry", importId, "--detach"])).code).toBe(0);
});

test.each([["watch"], ["retry"]])(
  "Ctrl-C leaves %s with 130, and says how to come back",
  async (command) => {
    const followed = Promise.withResolvers<void>();
    await using api = await startFakeApi((response, { path }) => {
      if (!path.endsWith("/events")) return json(response, viewOf());
      eventStream(response)(viewOf());
      followed.resolve();
    });
    const child = spawn(program, [command, importId, "--json"], {
      env: bareEnvironment({ EXHIBIT_API_URL: api.url }),
      stdio: ["ignore", "pipe", "pipe"],
    });
    const ended = once(child, "exit");
    let [out, said] = ["", ""];
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.stderr.on("data", (chunk) => {
      said += chunk;
    });
    await followed.promise;
    child.kill("SIGINT");
    expect((await ended)[0]).toBe(130);
    expect(said).toContain(
      `Left. The import continues; to watch it: npx exhibit watch ${importId}`,
    );
    expect(out).toBe("");
  },
);

test.each(["audit", "cancel", "pause", "resume", "retry", "status", "watch", "waive", "files"])(
  "%s takes the end of an id",
  async (command) => {
    const act = command === "waive" ? ["--all", "--why", "w"] : [];
    const { asked } = await against(
      (response, { path }) =>
        json(
          response,
          path.includes("?")
            ? { items: path.includes("?id=") ? [sealed] : [], next: null }
            : sealed,
        ),
      [command, "7728950e", ...act],
    );
    expect(asked[0]?.path).toMatch(/^\/v1\/imports\?id=7728950e&/);
    expect(asked[1]?.path).toContain(`/v1/imports/${importId}`);
  },
);

test("status of one says who is told of it alone, and what became of that", async () => {
  const { delivery_id, created_at } = deliveryOf();
  const last = {
    ...({ delivery_id, created_at, tries: 2, status: 503 } as const),
    ...({ event: "import.sealed", state: "pending" } as const),
  };
  const told = async (callback: ImportView["callback"]) => {
    const view = viewOf({ callback });
    const answer: Answer = (response, { path }) =>
      json(response, path.includes("/folders") ? { items: [], next: null } : view);
    const { stdout } = await against(answer, ["status", importId]);
    return stdout.split("\n").filter((line) => line.includes("tells"));
  };
  const callback = { webhook_id: importId, host: "portal.test", last };
  expect(await told(callback)).toEqual(["  tells portal.test; last import.sealed: pending (503)"]);
  expect(await told({ ...callback, last: null })).toEqual([
    "  tells portal.test; last nothing yet",
  ]);
  expect(await told(null)).toEqual([]);
});
