import { ExhibitError, everything, type ImportRequest, type Scope } from "@exhibit/contracts";
import { type Ledger, pauseVendor, resumeVendor } from "@exhibit/ledger";
import { ledgerKinds, testSealer } from "@exhibit/ledger/testing";
import type { Engine, JobRef } from "@exhibit/queue";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createImports, type Imports } from "../../src/control/imports.ts";
import { createVendorControl } from "../../src/control/vendors.ts";
import { enqueueOpenWork } from "../../src/maintenance/enqueue-open-work.ts";
import { createAsk } from "../../src/questions/ask.ts";
import { seal } from "../../src/sealing/seal.ts";
import { storeShard } from "../../src/storing/store-shard.ts";
import { attemptOf, createRig, planShard } from "../rig.ts";

let ledger: Ledger;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, remove } = await ledgerKinds.PGlite());
});
afterAll(() => remove());

/** Control over imports and vendors, with a queue that writes down what it gets. */
function control(scope: Scope = everything) {
  const rig = createRig(ledger, []);
  const { enqueued } = rig.asked;
  const state = { away: undefined as ReturnType<Engine["away"]>, fault: undefined as unknown };
  const moved: JobRef[] = [];
  const engine = {
    async enqueue(...args: Parameters<Engine["enqueue"]>) {
      if (state.fault) throw state.fault;
      await rig.dependencies.engine.enqueue(...args);
    },
    async reprioritize(_name: string, jobs: readonly JobRef[]) {
      if (state.fault) throw state.fault;
      moved.push(...jobs);
    },
    away: () => state.away,
  } as unknown as Engine;
  const states = async () => [
    { vendor: "kongur", state: "ok", leases: 0, calls: 0, refusals: 0 } as const,
  ];
  const broker = { ...rig.dependencies.broker, states };
  const { logger } = rig.dependencies;
  const ask = createAsk({ ledger, engine });
  const common = { ledger, engine, broker, ask, logger };
  return {
    ...rig,
    state,
    enqueued,
    moved,
    imports: createImports({ ...common, roots: ["/evidence"], dataDir: undefined }).within(scope),
    vendors: createVendorControl({ ...common, knows: "process" }).within(scope),
  };
}

const request: ImportRequest = {
  suit_ids: ["7"],
  folders: [
    {
      vendor: "kongur",
      folder: { suit_id: " 1001 " },
      source: { type: "directory", path: "/evidence" },
    },
  ],
};

/** An import with one failed file. */
async function failedImport() {
  const shard = await planShard(ledger, ["a"]);
  const { dependencies } = createRig(ledger, []);
  const storing = storeShard(dependencies, shard.shardId, attemptOf());
  await expect(storing).rejects.toMatchObject({ code: "FILES_FAILED" });
  await seal({ ...dependencies, sealer: testSealer }, shard.importId, { postponed: 0 });
  return shard;
}

describe("An import", () => {
  test("is created with the suits that its folders name, and its planning enqueued", async () => {
    const { imports, enqueued } = control();
    const { suit_ids, import_id } = await imports.create(request);
    expect(suit_ids).toEqual(["7", "1001"]);
    const { items } = await imports.folders(import_id, { limit: 9 });
    expect(enqueued).toEqual(items.map(({ folder_id }) => `plan ${folder_id}`));
  });

  test("with which too many folders of its sender would wait is refused; others', and one for later, are taken", async () => {
    const { imports } = control();
    const [folder] = request.folders;
    if (!folder) throw new Error("no folder");
    const large = { ...request, folders: Array.from({ length: 10_000 }, () => folder) };
    const first = await imports.create(large, "key:crawler for 王芳");
    await imports.create(large, "key:crawler");
    const refused = { code: "RATE_LIMITED", retryAfter: 30_000 };
    await expect(imports.create(request, "key:crawler")).rejects.toMatchObject(refused);
    await expect(imports.create(request, "key:crawler for 李雷")).rejects.toMatchObject(refused);
    await imports.create(request, "key:crawlers");
    const start_at = new Date(Date.now() + 3_600_000).toISOString();
    await imports.create({ ...large, start_at }, "key:crawler");
    await imports.cancel(first.import_id);
    await imports.create(request, "key:crawler");
  });

  test("whose priority changes has its open shards moved, also while it is paused, and nothing else moves any", async () => {
    const { shardId, importId } = await planShard(ledger, ["a"]);
    const { imports, moved } = control();
    await imports.change(importId, { title: "March scans" });
    expect(moved).toEqual([]);
    await imports.pause(importId);
    const view = await imports.change(importId, { priority: "urgent" });
    expect(view).toMatchObject({ title: "March scans", priority: "urgent" });
    expect(moved).toEqual([{ id: String(shardId), position: 1, priority: "urgent" }]);
  });

  test("that is to start later is enqueued once it may, and not before", async () => {
    const { imports, enqueued } = control();
    const start_at = new Date(Date.now() + 3_600_000).toISOString();
    const { import_id } = await imports.create({ ...request, start_at });
    await imports.pause(import_id);
    await imports.resume(import_id);
    await enqueueOpenWork({ ledger, engine: createRig(ledger, []).dependencies.engine }, 0);
    expect(enqueued).toEqual([]);
    expect(await imports.change(import_id, { start_at: null })).toMatchObject({ start_at: null });
    const { items } = await imports.folders(import_id, { limit: 9 });
    expect(enqueued).toEqual(items.map(({ folder_id }) => `plan ${folder_id}`));
  });

  test("whose priority changes before it is planned has its folders moved", async () => {
    const { imports, moved } = control();
    const { import_id } = await imports.create(request);
    const { items } = await imports.folders(import_id, { limit: 9 });
    await imports.change(import_id, { priority: "urgent" });
    const jobs = items.map(({ folder_id: id }) => ({ id, position: 1, priority: "urgent" }));
    expect(moved).toEqual(jobs);
  });

  test("gets its new priority though the queue is away", async () => {
    const { importId } = await planShard(ledger, ["a"]);
    const { imports, state } = control();
    state.fault = new ExhibitError("SERVICE_UNREACHABLE", "The queue is away.");
    await expect(imports.change(importId, { priority: "bulk" })).resolves.toMatchObject({
      priority: "bulk",
    });
  });

  test("is created though the queue is away, and the log says so", async () => {
    const { imports, state, asked } = control();
    state.fault = new ExhibitError("SERVICE_UNREACHABLE", "The queue is away.");
    await expect(imports.create(request)).resolves.toMatchObject({ status: "planning" });
    expect(asked.warnings).toMatchObject([
      [{ queue: "plan", err: state.fault }, expect.any(String)],
    ]);
  });

  test("isn't created, and the folder is named, if its source lies outside of the roots", async () => {
    const { imports, enqueued } = control();
    const source = { type: "directory", path: "/elsewhere" } as const;
    const folders = [...request.folders, { vendor: "kongur", folder: {}, source }];
    await expect(imports.create({ ...request, folders })).rejects.toMatchObject({
      code: "SOURCE_OUTSIDE_ROOTS",
      message: expect.stringMatching(/^folders\[1\]: /),
      details: { folder: 1 },
    });
    expect(enqueued).toEqual([]);
  });

  test("that isn't at rest says that it waits for a queue that is away; one at rest doesn't", async () => {
    const { imports, state } = control();
    const { import_id } = await imports.create(request);
    const cancelled = await imports.cancel((await imports.create(request)).import_id);
    state.away = { since: new Date(0), reason: "closed" };
    const waitsFor = async (id: string) => (await imports.get(id)).waiting.map((one) => one.for);
    expect(await waitsFor(import_id)).toContain("queue");
    expect(await waitsFor(cancelled.import_id)).toEqual([]);
    state.away = undefined;
    expect(await waitsFor(import_id)).not.toContain("queue");
  });

  const acts: [string, (imports: Imports, id: string) => Promise<unknown>][] = [
    ["retried", (imports, id) => imports.retry(id)],
    ["cancelled", (imports, id) => imports.cancel(id)],
    ["paused", (imports, id) => imports.pause(id)],
    ["resumed", (imports, id) => imports.resume(id)],
    ["waived", (imports, id) => imports.waive(id, { why: "It is empty." })],
    [
      "moved",
      (imports, id) =>
        imports.acceptDestination(id, "1", { endpoint: "e", bucket: "b", prefix: "p/" } as never),
    ],
  ];
  test.each(acts)("that isn't there can't be %s", async (_, act) => {
    const { imports } = control();
    const nobody = "00000000-0000-7000-8000-000000000000";
    await expect(act(imports, nobody)).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: `There is no import ${nobody}.`,
    });
    await expect(act(imports, "x")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("has no folder whose id isn't a number", async () => {
    const { imports } = control();
    const { import_id } = await imports.create(request);
    const accepted = imports.acceptDestination(import_id, "1 or 1", {} as never);
    await expect(accepted).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("whose failed file is retried has its shard stored again", async () => {
    const { imports, enqueued } = control();
    const { importId, shardId } = await failedImport();
    await expect(imports.retry(importId, { expect_files: 2 })).rejects.toThrow("1 files now");
    expect(enqueued).toEqual([]);
    const { act } = await imports.retry(importId, { expect_files: 1 });
    expect(act).toEqual({ event_id: expect.stringMatching(/^\d+$/), files: 1, folders: 0 });
    expect(enqueued).toEqual([`store ${shardId}`]);
  });

  test("that has ended is left alone by another seal job, which reports no second end", async () => {
    const { importId } = await failedImport();
    const { dependencies, asked } = createRig(ledger, []);
    await seal({ ...dependencies, sealer: testSealer }, importId, { postponed: 0 });
    expect(asked.warnings).toEqual([]);
  });

  test("is sealed once its only failed file is waived", async () => {
    const { imports, enqueued } = control();
    const { importId } = await failedImport();
    const { act } = await imports.waive(importId, { why: "It is empty." });
    expect(act).toMatchObject({ files: 1, folders: 0 });
    expect(enqueued).toEqual([`seal ${importId}`]);
  });

  test("goes on with what is open when it is resumed, and is sealed if nothing is", async () => {
    const { imports, enqueued } = control();
    const open = await planShard(ledger, ["a"], { isPlanned: false });
    await imports.pause(open.importId);
    await imports.resume(open.importId);
    expect(enqueued).toEqual([`plan ${open.folderId}`, `store ${open.shardId}`]);
    enqueued.length = 0;
    const done = await planShard(ledger, ["a"]);
    await storeShard(createRig(ledger, ["a"]).dependencies, done.shardId, attemptOf());
    await imports.pause(done.importId);
    await imports.resume(done.importId);
    expect(enqueued).toEqual([`seal ${done.importId}`]);
  });
});

describe("A vendor", () => {
  test("that is resumed has the open shards of its folders stored", async () => {
    const { vendors, enqueued } = control();
    const { shardId } = await planShard(ledger, ["a"]);
    await vendors.pause("kongur");
    expect(enqueued).toEqual([]);
    await vendors.resume("kongur");
    expect(enqueued).toContain(`store ${shardId}`);
  });

  test("that isn't configured can't be paused, and is named", async () => {
    const { vendors } = control();
    await expect(vendors.pause("kongor")).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: 'There is no vendor "kongor"; configured: kongur.',
    });
  });
});

describe("Open work", () => {
  const quiet = async (quietMs = 0) => {
    const { dependencies, asked } = createRig(ledger, []);
    await enqueueOpenWork(dependencies, quietMs);
    return asked.enqueued;
  };

  test("is enqueued: folders, shards, and imports that can be sealed", async () => {
    const open = await planShard(ledger, ["a"], { isPlanned: false });
    const done = await planShard(ledger, ["a"]);
    await storeShard(createRig(ledger, ["a"]).dependencies, done.shardId, attemptOf());
    const enqueued = await quiet();
    expect(enqueued).toContain(`plan ${open.folderId}`);
    expect(enqueued).toContain(`store ${open.shardId}`);
    expect(enqueued).toContain(`seal ${done.importId}`);
    expect(enqueued).not.toContain(`seal ${open.importId}`);
    expect(enqueued).not.toContain(`store ${done.shardId}`);
  });

  test("is left alone while its import changes, and while its vendor is paused", async () => {
    const { shardId } = await planShard(ledger, ["a"]);
    expect(await quiet(3_600_000)).toEqual([]);
    await pauseVendor(ledger, "kongur", { who: "test" });
    expect(await quiet()).not.toContain(`store ${shardId}`);
    await resumeVendor(ledger, "kongur", { who: "test" });
    expect(await quiet()).toContain(`store ${shardId}`);
  });
});
