import { type ChildProcess, spawn } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { type FolderView, type ImportView, TRIAL_NOTICE } from "@exhibit/contracts";
import { openPglite } from "@exhibit/ledger";
import type { Sandbox } from "@exhibit/sandbox";
import { freePort, stopProcess } from "@exhibit/testkit";
import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cli } from "../../support/exhibit.ts";
import { ownKeyIn } from "../../support/own-key.ts";
import { type OwnProcesses, prepareProcesses } from "../../support/own-processes.ts";
import { createClient, digestsBelow, directory, writeTree } from "../../support/system.ts";

const FILES = 40;
/** PUTs under way at once of one shard. */
const IN_FLIGHT = 4;

let own: OwnProcesses;
let folder: string;
let root: string;
/** What a live deployment's vendors and OSS are here. */
let production: Sandbox;
let config: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  own = await prepareProcesses("worlds", { root: "evidence", isLive: true });
  ({ folder, config, env, sandbox: production } = own);
  // Each process is told by itself which configuration it has.
  env.EXHIBIT_CONFIG = "";
  root = join(folder, "evidence");
  await writeTree(
    join(root, "6001"),
    Object.fromEntries(Array.from({ length: FILES }, (_, n) => [`${n}.pdf`, `evidence ${n}`])),
  );
  await writeTree(join(folder, "tried"), { "a.pdf": "tried" });
});
afterEach(() => own[Symbol.asyncDispose]());

/** The configuration of a deployment whose vendors `production` plays. */
async function writeConfig(path: string, changes: object): Promise<void> {
  await writeFile(path, JSON.stringify({ ...production.config([root]), ...changes }));
}

const start: OwnProcesses["start"] = (...given) => own.start(...given);
const startLive = () => start("up", /It stays up/, { EXHIBIT_CONFIG: config });

/** Runs a command to its end. */
async function exhibit(args: readonly string[], more: NodeJS.ProcessEnv = {}) {
  const child: ChildProcess = spawn(process.execPath, [cli, ...args], {
    cwd: folder,
    env: { ...env, EXHIBIT_API_PORT: String(await freePort()), ...more },
    stdio: ["ignore", "pipe", "pipe"],
  });
  own.own(child);
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const [stdout, stderr] = await Promise.all([
    text(child.stdout as NodeJS.ReadableStream),
    text(child.stderr as NodeJS.ReadableStream),
  ]);
  return { code: await ended, stdout, stderr };
}

const client = () => createClient(own.apiUrl, own.key);

const request = () => ({
  entrust_id: "E-FLEET",
  suit_ids: ["6001"],
  folders: [directory("kongur", { suit_id: "6001" }, join(root, "6001"))],
});

/** An import of which some files are being sent and none is stored. */
async function begin() {
  const held = production.oss.hold({ method: "PUT" });
  const { body } = await client().post<ImportView>("/v1/imports", request());
  await held.reached(IN_FLIGHT);
  return { importId: body.import_id, held };
}

/** Every file is in production's OSS, and the record says so. */
async function expectDelivered(importId: string): Promise<void> {
  expect(await client().sealed(importId)).toMatchObject({ files: FILES, failed: 0, waived: 0 });
  const [delivered] = await client().folders(importId);
  expect(delivered).toMatchObject<Partial<FolderView>>({ endpoint: production.ossUrl });
  const place = production.objectPath("evidence", (delivered?.prefix ?? "").replace(/\/$/, ""));
  const stored = await readdir(place);
  expect(stored).toHaveLength(FILES);
}

describe("A fleet's servers", () => {
  beforeEach(async () => {
    await own.useServers();
  });

  test("aren't joined by a trial in their environment, by none of its ways in, while they store", async () => {
    const live = { EXHIBIT_CONFIG: config };
    await start("api", /API listens/, live);
    await start("worker", /worker takes jobs/, live);
    const { importId, held } = await begin();

    const own = { EXHIBIT_DATA_DIR: join(folder, "own") };
    const unasked = await exhibit(["up", "--once", join(folder, "tried")], own);
    expect(unasked).toMatchObject({ code: 2, stdout: "" });
    expect(unasked.stderr).toContain("set EXHIBIT_CONFIG. For a trial, unset both");

    const trial = join(folder, "trial.yaml");
    await writeConfig(trial, {});
    const ways: [string[], NodeJS.ProcessEnv][] = [
      [["up", "--trial", "--once", join(folder, "tried")], {}],
      [["up"], { EXHIBIT_CONFIG: trial }],
      [["api"], { EXHIBIT_CONFIG: trial }],
      [["worker"], { EXHIBIT_CONFIG: trial }],
      [["worker", "--processes", "2"], { EXHIBIT_CONFIG: trial }],
    ];
    const tries = await Promise.all(ways.map(([args, more]) => exhibit(args, { ...own, ...more })));
    for (const { code, stderr } of tries) {
      expect(code).toBe(2);
      expect(stderr).toMatch(/is a live deployment's, and this process is a trial.*WORLD_MISMATCH/);
    }
    held.release();
    await expectDelivered(importId);
    const { items } = await client().get<{ items: ImportView[] }>("/v1/imports");
    expect(items.map(({ import_id }) => import_id)).toEqual([importId]);
  });

  test("are a trial's for good when it asked for them, and nothing of a live process gets on them", async () => {
    const tried = await exhibit(["up", "--trial", "--once", "--json", join(folder, "tried")]);
    expect(tried).toMatchObject({ code: 0 });
    const redis = new Redis(env.EXHIBIT_REDIS_URL ?? "");
    await redis.flushdb();
    for (const command of ["api", "worker", "up"]) {
      const { code, stderr } = await exhibit([command], { EXHIBIT_CONFIG: config });
      expect(code).toBe(2);
      expect(stderr).toMatch(
        /is a trial's for good, and this process is a live one.*WORLD_MISMATCH/,
      );
    }
    expect(await redis.keys("*")).toEqual([]);
    redis.disconnect();
  });
});

test("An import that a live process left open isn't touched by a trial on the same data folder, nor known to it, and goes on afterwards", async () => {
  const up = await startLive();
  const { importId, held } = await begin();
  await stopProcess(up, "SIGKILL");
  held.release();

  const tried = await exhibit(["up", "--once", "--json", join(folder, "tried")]);
  expect(tried.code).toBe(0);
  const { files } = JSON.parse(tried.stdout) as ImportView;
  expect(files).toBe(1);
  const inSandbox = await digestsBelow(join(folder, "data/trial/sandbox/objects"));
  expect([...inSandbox.keys()].map((path) => basename(path))).toEqual(["a.pdf"]);

  await startLive();
  await expectDelivered(importId);
  const { items } = await client().get<{ items: ImportView[] }>("/v1/imports");
  expect(items.map(({ import_id }) => import_id)).toEqual([importId]);
});

test("The data folder of a trial from before isn't taken for a live deployment's, and the sentence says what to do", async () => {
  const trial = join(folder, "trial.yaml");
  await writeConfig(trial, {});
  const up = await start("up", /It stays up/, { EXHIBIT_CONFIG: trial });
  const { import_id } = await client().run(request());
  await stopProcess(up);
  // As a release before had it.
  const pglite = await openPglite(join(folder, "data/ledger"));
  await pglite.query("update deployment set world = null");
  await pglite.close();

  const { kongur } = production.config([]).vendors;
  const gateway = "https://gw.api.taobao.com/router/rest";
  const endpoint = "https://oss-cn-hangzhou.aliyuncs.com";
  const oss = { ...(kongur?.oss as object), endpoint };
  await writeConfig(config, { trial: false, vendors: { kongur: { ...kongur, gateway, oss } } });
  const refused = await exhibit(["up"], { EXHIBIT_CONFIG: config });
  expect(refused.code).toBe(2);
  for (const part of [join(folder, "data/ledger"), import_id, production.ossUrl, "Move"]) {
    expect(refused.stderr).toContain(part);
  }
  expect(refused.stderr).toContain("EXHIBIT_DATA_DIR");
});

test("A vendor that the configuration has elsewhere is refused until a person accepts it, on the record", async () => {
  const live = { EXHIBIT_CONFIG: config };
  await stopProcess(await startLive());
  const { vendors } = production.config([]);
  const oss = { ...(vendors.kongur?.oss as object), bucket: "another" };
  const moved = { ...vendors, kongur: { ...vendors.kongur, oss } };
  await writeConfig(config, { trial: false, vendors: moved });
  const refused = await exhibit(["up"], live);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toMatch(/has kongur at .*bucket evidence; .* at .*bucket another/);
  expect(await exhibit(["vendors", "accept", "kongur"], live)).toMatchObject({ code: 2 });
  const accepted = await exhibit(["vendors", "accept", "kongur", "--why", "they moved"], live);
  expect(accepted).toMatchObject({ code: 0 });
  await startLive();
  const acts = await exhibit(["audit", "--vendor", "kongur"], {
    EXHIBIT_API_URL: client().apiUrl,
  });
  expect(acts.stdout).toMatch(/accept of bucket another \(was evidence\) +they moved/);
});

describe("exhibit.yaml in the working folder", () => {
  const tried = () => join(folder, "tried");

  test("is used and said to be; a folder to try is refused, and isn't sent to its vendors", async () => {
    await writeConfig(join(folder, "exhibit.yaml"), { trial: false });
    const refused = await exhibit(["up", "--once", tried()]);
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    expect(refused.stderr).toContain("exhibit.yaml is in this folder and is used");
    expect(refused.stderr).toContain(`npm start -- --trial --once ${tried()}`);
    await start("up", /\.\/exhibit\.yaml is used[\s\S]*It stays up/);
    expect(production.objectCount()).toBe(0);
  });

  test("is left aside by --trial: that, and that nothing left this machine, is said at the start and at the end", async () => {
    await writeConfig(join(folder, "exhibit.yaml"), { trial: false });
    const { code, stdout, stderr } = await exhibit(["up", "--trial", "--once", tried()]);
    expect(code).toBe(0);
    expect(stderr).toContain("./exhibit.yaml exists but isn't used");
    expect(production.objectCount()).toBe(0);
    expect(stderr.split("\n").slice(0, 3).join("\n")).toContain(TRIAL_NOTICE);
    expect(stdout).toMatch(/in +sandbox:\/\/evidence\/kongur\/TRIAL-tried-/);
    expect(stdout).toMatch(/\nSeal \d+, stamped by sandbox on \d{4}-/);
    expect(stdout).toMatch(new RegExp(`sealed after .*\n +${TRIAL_NOTICE}`));
    expect(stdout + stderr).not.toContain("oss://");
  });

  test("named by EXHIBIT_CONFIG, it contradicts --trial", async () => {
    const { code, stderr } = await exhibit(["up", "--trial"], { EXHIBIT_CONFIG: config });
    expect(code).toBe(2);
    expect(stderr).toContain(`EXHIBIT_CONFIG names ${config}`);
  });
});

test("A trial that was killed goes on when the same command is given again, and begins no second import", async () => {
  const slow = ["up", "--once", "--bwlimit", "20k", join(folder, "large")];
  await writeTree(join(folder, "large"), { "a.bin": Buffer.alloc(200_000, "a") });
  const child = spawn(process.execPath, [cli, ...slow], { cwd: folder, env });
  own.own(child);
  const { importId } = await untilImporting();
  await stopProcess(child, "SIGKILL");

  const again = await exhibit(["up", "--once", "--json", "--bwlimit", "off", slow.at(-1) ?? ""]);
  expect(again.code).toBe(0);
  expect(again.stderr).toContain(`Import ${importId} of ${join(folder, "large")} is open`);
  expect(again.stderr).toContain("no second one is started");
  const summary = JSON.parse(again.stdout) as ImportView;
  expect(summary).toMatchObject({ import_id: importId, trial: true, stored: 1, identical: 0 });
  // Nothing is open of it: the next trial can't read it.
  expect(await readFile(join(folder, "data/trial/roots.json"), "utf8")).toContain("large");
  await exhibit(["up", "--once", join(folder, "tried")]);
  expect(await readFile(join(folder, "data/trial/roots.json"), "utf8")).not.toContain("large");
});

/** The import that `exhibit up` has begun. */
async function untilImporting(): Promise<{ importId: string }> {
  // A trial has a key of its own.
  const trial = createClient(own.apiUrl, () => ownKeyIn(join(folder, "data/trial")));
  for (;;) {
    try {
      const { items } = await trial.get<{ items: ImportView[] }>("/v1/imports");
      const [view] = items;
      if (view !== undefined && view.files > 0) return { importId: view.import_id };
    } catch {
      // It doesn't listen yet.
    }
    await sleep(50);
  }
}
