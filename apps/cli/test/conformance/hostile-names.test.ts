import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Answer,
  caseOf,
  deliveryOf,
  errorJson,
  eventStream,
  failedFile,
  folderOf,
  importId,
  json,
  keyOf,
  needsSomebody,
  startFakeApi,
  viewOf,
  webhookOf,
} from "@exhibit/client/testing";
import { type AuditEvent, unseenIn } from "@exhibit/contracts";
import { afterEach, describe, expect, test, vi } from "vitest";
import { runCli } from "../../src/cli.ts";
import { loadCommands } from "../../src/commands/command-table.ts";
import { createProgressDisplay } from "../../src/output/progress/display.ts";
import { createTerminal } from "../../src/output/terminal.ts";
import { scratchFolder } from "../support/scratch.ts";
import { recordedSink } from "../support/text-sink.ts";

/** What a name can do to a terminal: its title, its screen, its colours, a line more, text backwards, in C0 and in C1. */
const HOSTILE =
  "x\u001b]0;pwned\u0007\u001b[2J\u009b31m\rImport: sealed\n2026-01-01 forged\u202e\u2066\u2028\u007f";

const failure = { code: "SOURCE_IO", message: HOSTILE, remedy: HOSTILE };
const pause = { at: "2026-11-23T12:34:56.000Z", who: HOSTILE, why: HOSTILE };
const view = viewOf({
  status: "attention",
  title: HOSTILE,
  labels: { batch: HOSTILE },
  entrust_id: HOSTILE,
  suit_ids: [HOSTILE],
  failed: 3,
  paused: pause,
  paused_vendors: [{ vendor: HOSTILE, ...pause }],
  callback: { webhook_id: importId, host: HOSTILE, last: null },
  errors: [{ ...failure, ...needsSomebody, files: 3, folders: 0, stands_for: 0 }],
  warnings: [{ ...failure, files: 3 }],
  waiting: [
    { for: "store", name: HOSTILE, since: pause.at, code: "STORE_UNAVAILABLE", message: HOSTILE },
  ],
});
const sealKey = {
  ...{ key: "ab".repeat(32), algorithm: HOSTILE, public_pem: HOSTILE, since: 1, until: null },
  distrusted: { from: 1, at: pause.at, who: HOSTILE, why: HOSTILE },
};
const folder = folderOf({
  vendor: HOSTILE,
  folder: { [HOSTILE]: HOSTILE },
  source: { type: "directory", path: `/${HOSTILE}` },
  bucket: HOSTILE,
  prefix: HOSTILE,
  offered: { endpoint: HOSTILE, bucket: HOSTILE, prefix: HOSTILE },
  error: failure,
});
const file = failedFile({
  path: HOSTILE,
  key: HOSTILE,
  error: failure,
  waived_by: HOSTILE,
  waived_why: HOSTILE,
});
const act: AuditEvent = {
  event_id: "1",
  import_id: importId,
  vendor: null,
  subject: null,
  at: pause.at,
  who: HOSTILE,
  what: "waive",
  why: HOSTILE,
  folder_id: null,
  file_id: null,
  code: HOSTILE,
  files: 3,
  details: null,
} as AuditEvent;
const vendor = {
  vendor: HOSTILE,
  state: "open",
  paused: pause,
  last_error_code: HOSTILE,
  last_error: HOSTILE,
  leases: 0,
  calls: 1,
  refusals: 1,
};
const change = { limit: HOSTILE, at: pause.at, who: HOSTILE, why: HOSTILE };

const ofCase = caseOf({
  entrust_id: HOSTILE,
  complete: false,
  reasons: [
    {
      kind: "suit_missing",
      needs: "somebody",
      message: HOSTILE,
      remedy: HOSTILE,
      import_id: null,
      files: 0,
      folders: 0,
      codes: [],
      suit_ids: [HOSTILE],
    },
  ],
  reasons_total: 1,
});
const digest = "0".repeat(64);
const seal = {
  ...{ import_id: importId, number: 1, register: HOSTILE, outcome: "sealed" },
  ...{ sealed_at: pause.at, digest, root: digest, leaves: 1, files: 1, bytes: 1, stored: 1 },
  ...{ identical: 0, waived: 0, skipped: 0, key: HOSTILE, made_by: HOSTILE, parts: [HOSTILE] },
};
const entry = {
  ...{ number: 1, kind: "seal", import_id: importId, at: pause.at, digest, head: digest },
  key: HOSTILE,
};
const key = keyOf({
  name: HOSTILE,
  scope: { entrust_ids: [HOSTILE], vendors: [HOSTILE], roots: [HOSTILE] },
  created_by: HOSTILE,
});

const found = {
  ...{ trial: false, complete: true, files: 1, bytes: 1, problems: 3 },
  folders: [
    {
      ...{ vendor: HOSTILE, folder: { [HOSTILE]: HOSTILE } },
      source: { type: "directory", path: `/${HOSTILE}` },
      ...{ files: 1, bytes: 1, skipped: 0, complete: true },
      empty: { files: 1, paths: [HOSTILE] },
      problems: [{ ...failure, files: 1, paths: [HOSTILE] }],
      error: failure,
      place: { endpoint: HOSTILE, bucket: HOSTILE, prefix: HOSTILE },
      lease_ends_at: pause.at,
      place_error: failure,
      there: null,
    },
  ],
};
const sources = {
  path: HOSTILE,
  items: [
    {
      ...{ path: HOSTILE, name: HOSTILE, files: 1, folders: 1, counted_all: true },
      last_import: null,
    },
  ],
  ...{ next: HOSTILE, complete: true, unnamed: 0 },
};
const webhook = webhookOf({ url: HOSTILE, description: HOSTILE, failures: 1, error: HOSTILE });
const failures = {
  items: [
    {
      ...{ ...failure, pattern: HOSTILE, vendor: HOSTILE, folder_id: "1", failed: 1, waiting: 0 },
      import: { import_id: importId, entrust_id: HOSTILE, title: HOSTILE, status: "attention" },
      ...{ sources: 0, imports: 1, action: "retry", retry_helps: true },
      ...{ first_at: null, last_at: pause.at, samples: [] },
    },
  ],
  ...{ groups: 2, failed: 1, waiting: 0 },
};
const refusal = { import_id: HOSTILE, status: null, act: null };
const acted = {
  items: [
    {
      ...refusal,
      error: { code: "STATE_CONFLICT", detail: HOSTILE, remedy: HOSTILE, details: {} },
    },
  ],
  ...{ files: 0, done: 0, refused: 1 },
};
const checked = {
  ...{ vendor: HOSTILE, passed: true, steps: [] },
  lease: {
    ...{ folder: { [HOSTILE]: HOSTILE }, lease_id: HOSTILE, endpoint: HOSTILE, region: HOSTILE },
    ...{ bucket: HOSTILE, prefix: HOSTILE, prefixes: [HOSTILE, HOSTILE], expires_at: pause.at },
    assumed_utc: HOSTILE,
  },
  probe: { outcome: "absent", key: HOSTILE, request_id: HOSTILE },
  may: {
    list: { answer: "no", code: HOSTILE },
    read: { answer: "yes", code: null },
    keep: { answer: "yes", code: null, retention: HOSTILE },
  },
};
const delivery = deliveryOf({ host: HOSTILE, error: HOSTILE, answer: HOSTILE });

/** An API all of whose texts are somebody else's. */
const hostileApi: Answer = (response, { method, path }) => {
  const page = (item: unknown) => json(response, { items: [item], next: null });
  const [route = ""] = path.split("?");
  if (route === "/v1/dry-runs") return json(response, found);
  if (route === "/v1/failures") return json(response, failures);
  if (route.startsWith("/v1/failures/")) return json(response, acted, 202);
  if (route === "/v1/sources") return json(response, sources);
  if (route.endsWith("/events")) return eventStream(response)(view);
  if (route.endsWith("/folders")) return page(folder);
  if (route.endsWith("/files")) return page(file);
  if (route.endsWith("/seal")) return json(response, seal);
  if (route.endsWith("/register")) return page(entry);
  if (route.endsWith("/register/keys")) return json(response, { items: [sealKey] });
  if (route.endsWith("/audit")) return page(act);
  if (route.endsWith("/reads"))
    return page({ read_id: "1", at: pause.at, who: HOSTILE, what: HOSTILE, subject: HOSTILE });
  if (route.endsWith("/check")) return json(response, checked);
  if (route === "/v1/vendors")
    return json(response, { scope: "fleet", trial: false, items: [vendor] });
  if (route.startsWith("/v1/vendors")) return json(response, vendor, 202);
  if (route === "/v1/bandwidth")
    return json(response, {
      limit: HOSTILE,
      bytes_per_second: null,
      workers: 1,
      changes: [change],
    });
  if (route.startsWith("/v1/cases")) return json(response, ofCase);
  if (route === "/v1/keys" && method === "GET") return page(key);
  if (route === "/v1/keys") return json(response, { ...key, key: HOSTILE }, 201);
  if (route.startsWith("/v1/keys")) return json(response, key);
  if (route.endsWith("/deliveries")) return page(delivery);
  if (route.startsWith("/v1/deliveries") || route.endsWith("/test"))
    return json(response, delivery);
  if (route === "/v1/webhooks" && method === "GET") return page(webhook);
  if (route.startsWith("/v1/webhooks")) return json(response, { ...webhook, secret: HOSTILE });
  if (route === "/v1/imports" && method === "GET") return page(view);
  json(response, view, method === "POST" ? 202 : 200);
};

/** A command line for each command that tells of what others have named. */
const lines: Record<string, readonly string[][]> = {
  import: [
    ["import", HOSTILE],
    ["import", "DIR", "--suit", "1001", "--entrust", HOSTILE],
    ["import", "DIR", "--vendor", HOSTILE],
    ["import", "DIR", "--suit", "1001", "--dry-run"],
    ["import", "DIR", "--suit", "1001", "--start-at", HOSTILE],
  ],
  sources: [["sources"], ["sources", HOSTILE, "--after", HOSTILE]],
  status: [["status"], ["status", importId], ["status", HOSTILE]],
  watch: [["watch", importId]],
  case: [
    ["case", "E-77"],
    ["case", HOSTILE],
    ["case", "--suit", HOSTILE],
  ],
  change: [
    ["change", importId, "--title", HOSTILE],
    ["change", HOSTILE, "--label", HOSTILE],
  ],
  keys: [
    ["keys"],
    ["keys", "create", HOSTILE, "--role", "viewer", "--entrust", HOSTILE],
    ["keys", "revoke", HOSTILE],
  ],
  webhooks: [
    ["webhooks"],
    ["webhooks", "add", HOSTILE, "--description", HOSTILE],
    ["webhooks", "add", HOSTILE, "--events", HOSTILE],
    ["webhooks", "remove", HOSTILE],
    ["webhooks", "test", HOSTILE],
    ["webhooks", "deliveries", HOSTILE],
    ["webhooks", "redeliver", HOSTILE],
  ],
  seal: [["seal", importId]],
  prove: [["prove", importId, "--path", HOSTILE, "--to", "DIR/missing"]],
  export: [["export", importId, "--to", "DIR/missing", "--payload", "none"]],
  fetch: [["fetch", `DIR/nowhere ${HOSTILE}`]],
  report: [["report", importId, "--to", "DIR/nowhere/report.pdf"]],
  verify: [
    ["verify", "--bag", `nowhere ${HOSTILE}`],
    ["verify", HOSTILE, "--seed", HOSTILE, "--why", HOSTILE],
    ["verify", "--register", "--from", HOSTILE],
  ],
  stamps: [["stamps"]],
  deposits: [["deposits"]],
  "seal-keys": [
    ["seal-keys"],
    ["seal-keys", "distrust", HOSTILE, "--why", HOSTILE],
    ["seal-keys", "new", `DIR/nowhere/${HOSTILE}`],
  ],
  register: [["register"]],
  files: [
    ["files", importId],
    ["files", importId, "--state", HOSTILE],
    ["files", importId, "--output", `DIR/nowhere/${HOSTILE}`],
  ],
  failures: [
    ["failures", "--vendor", HOSTILE],
    ["failures", "--by", HOSTILE],
    ["failures", "retry", "--entrust", HOSTILE],
    ["failures", "waive", "--all", "--why", HOSTILE],
  ],
  retry: [
    ["retry", importId],
    ["retry", importId, "--code", HOSTILE],
  ],
  waive: [["waive", importId, "--all", "--why", HOSTILE]],
  cancel: [["cancel", importId, "--why", HOSTILE]],
  pause: [
    ["pause", importId, "--why", HOSTILE],
    ["pause", "--vendor", HOSTILE],
  ],
  resume: [
    ["resume", importId],
    ["resume", "--vendor", HOSTILE],
  ],
  audit: [
    ["audit", importId],
    ["audit", "--vendor", HOSTILE],
    ["audit", "--all", "--who", HOSTILE],
    ["audit", "--all", "--from", HOSTILE],
    ["audit", "--reads", "--all", "--subject", HOSTILE],
    ["audit", "--reads", importId, "--who", HOSTILE],
  ],
  accept: [
    ["accept", importId, "--folder", "1", "--why", HOSTILE],
    ["accept", importId, "--folder", HOSTILE, "--why", "w", "--to", HOSTILE],
  ],
  vendors: [
    ["vendors"],
    ["vendors", "check", HOSTILE],
    ["vendors", "check", "kongur", "--folder", HOSTILE],
    ["vendors", "check", "kongur", "--folder", "suit_id=1"],
    ["vendors", "check", "kongur", "--folder", "suit_id=1", "--local"],
  ],
  bwlimit: [["bwlimit"], ["bwlimit", HOSTILE]],
  up: [
    ["up", HOSTILE],
    ["up", "--bwlimit", HOSTILE],
  ],
  api: [["api"]],
  worker: [["worker"], ["worker", "--processes", HOSTILE]],
  sandbox: [["sandbox", "--gateway-port", HOSTILE]],
  completion: [["completion", HOSTILE]],
  migrate: [["migrate"], ["migrate", HOSTILE]],
};

/** Of the program itself, which every command goes through. */
const others = [[HOSTILE], ["--hostile", HOSTILE]];

/** The characters of a text that can't be shown, line breaks between its lines aside. */
const unseen = (text: string) => text.split("\n").flatMap((line) => unseenIn(line) ?? []);

afterEach(() => void vi.unstubAllEnvs());

/** What a command line says, on both streams. */
async function said(answer: Answer, args: readonly string[], env: Record<string, string> = {}) {
  await using api = await startFakeApi(answer);
  for (const [name, value] of Object.entries({ EXHIBIT_API_URL: api.url, ...env })) {
    vi.stubEnv(name, value);
  }
  const sink = recordedSink();
  const output = { ...sink, flushed: async () => undefined };
  await runCli(args, { stdout: output, stderr: output });
  return sink.text();
}

test("there is a command line for each command", async () => {
  const names: string[] = [];
  const program = {
    command(name: string) {
      names.push(name);
      throw program;
    },
  };
  for (const add of await loadCommands(undefined)) {
    try {
      add(program as never, {} as never);
    } catch (thrown) {
      if (thrown !== program) throw thrown;
    }
  }
  expect(names.toSorted()).toEqual(Object.keys(lines).toSorted());
});

describe("No text of somebody else's has a terminal do anything, nor makes a line of its own", () => {
  test.each(Object.entries({ ...lines, others }))("%s", async (_, all) => {
    const folder = await scratchFolder(["a.pdf"]);
    const config = join(folder, "exhibit.yaml");
    await writeFile(config, `vendors: { ${JSON.stringify(HOSTILE)}: 1 }\n`);
    for (const line of all) {
      const args = line.map((arg) => arg.replace(/^DIR(?=\/|$)/, folder));
      for (const more of [[], ["--json"]]) {
        const env = { EXHIBIT_CONFIG: config, EXHIBIT_DATA_DIR: folder };
        const text = await said(hostileApi, [...args, ...more], env);
        expect([args, unseen(text)]).toEqual([args, []]);
        expect([args, /^(?:2026-01-01 forged|Import: sealed)/m.test(text)]).toEqual([args, false]);
        expect(text).not.toBe("");
      }
    }
  });

  test("an error that the API answers with", async () => {
    const refusing: Answer = (response) => errorJson(response, 409, "STATE_CONFLICT", HOSTILE);
    const text = await said(refusing, ["status", importId]);
    expect(unseen(text)).toEqual([]);
    expect(text).toContain("x\\u{1b}]0;pwned\\u{7}");
  });

  test("notes beside the bars", () => {
    for (const isTTY of [true, false]) {
      const sink = recordedSink({ isTTY, columns: 80 });
      createProgressDisplay(sink).note(HOSTILE);
      expect(sink.text()).toContain("x\\u{1b}]0;pwned");
      expect(sink.text()).not.toContain("\u001b]0;");
    }
  });
});

test("A list goes exactly as it is into a file or a program, and so that it can be shown to a terminal", async () => {
  const [pipe, screen] = [recordedSink(), recordedSink({ isTTY: true })];
  for (const stdout of [pipe, screen]) {
    await createTerminal({ stdout, stderr: stdout }, { json: false }).send(`${HOSTILE}\r\n`);
  }
  expect(pipe.text()).toBe(`${HOSTILE}\r\n`);
  expect(unseen(screen.text())).toEqual([]);
});
