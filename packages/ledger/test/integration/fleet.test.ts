import type { HeldLease } from "@exhibit/contracts";
import { everything } from "@exhibit/contracts";
import { idleReport, ledgerKinds } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  beat,
  cancelImport,
  createImport,
  finishShard,
  fixDestination,
  importsWithin,
  type Ledger,
  ledgerWithin,
  listLeases,
  listWorkers,
  readChangedFolders,
  readImport,
  readImports,
  readMovement,
  readWaitingWork,
  recordOutcomes,
  recordWorkerFacts,
} from "../../src/index.ts";
import { filesOf, type One, planned, stored, troubled } from "../imports.ts";

describe.each(Object.entries(ledgerKinds))("What the fleet does for vendors, on %s", (_, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  const facts = { host: "w1", osUser: "u", version: "1", node: "24", openssl: "3" };
  async function tell(workerId: string, leases: HeldLease[]): Promise<void> {
    const worker = await recordWorkerFacts(ledger, facts);
    const sight = { view: "here", missed: [], unseen_too: [] };
    const waits = { moving: [], waits: [] };
    await beat(ledger, workerId, { worker, waits, sight, report: { ...idleReport, leases } });
  }
  const lease = (lease_id: string, prefixes: string[], more: Partial<HeldLease> = {}) => ({
    lease_id,
    vendor: "kongur",
    endpoint: "https://oss.test",
    bucket: "evidence",
    prefixes,
    issued_at: new Date().toISOString(),
    expires_at: new Date(Date.now() + 3_600_000).toISOString(),
    ...more,
  });

  test("leases are told by vendor, the last to end first, with all live workers that hold them", async () => {
    const soon = new Date(Date.now() + 60_000).toISOString();
    const shared = lease("shared", ["s/1/"]);
    await tell("00000000-0000-4000-8000-000000000001", [
      lease("soon", ["s/2/"], { expires_at: soon }),
      shared,
      lease("over", ["s/3/"], { expires_at: new Date(Date.now() - 1).toISOString() }),
      lease("other", ["s/4/"], { vendor: "rex" }),
    ]);
    await tell("00000000-0000-4000-8000-000000000002", [shared]);
    await tell("00000000-0000-4000-8000-000000000003", [lease("dead", ["s/5/"])]);
    await sql`update workers set seen_at = now() - interval '1 minute'
      where id = '00000000-0000-4000-8000-000000000003'`.execute(ledger.db);
    const all = await listLeases(ledger, "kongur");
    expect(all.map(({ lease_id, workers }) => [lease_id, workers])).toEqual([
      ["shared", 2],
      ["soon", 1],
    ]);
    const [{ held_by, workers, ...told } = {}] = all;
    expect(told).toEqual(shared);
    expect(held_by).toEqual(
      [1, 2].map((number) => ({
        worker_id: `00000000-0000-4000-8000-00000000000${number}`,
        ...{ host: "w1", pid: idleReport.pid },
      })),
    );
    expect((await listLeases(ledger, "rex")).map(({ lease_id }) => lease_id)).toEqual(["other"]);
    expect(await listLeases(ledger, "wombat")).toEqual([]);
    // Workers are listed without them.
    expect(JSON.stringify(await listWorkers(ledger))).not.toContain("s/1/");
  });

  test("within a scope, no lease is told that opens anything of others, and no worker is named", async () => {
    const place = { endpoint: "https://oss.test", bucket: "evidence" };
    for (const [entrust_id, prefix] of [
      ["E-1", "own/1/"],
      ["E-1", "own/2/"],
      ["E-2", "foreign/"],
    ]) {
      const { folderIds } = await createImport(ledger, {
        ...{ entrust_id, suit_ids: [] },
        folders: [
          {
            vendor: "kongur",
            folder: { suit_id: "1" },
            source: { type: "directory", path: "/evidence" },
          },
        ],
      });
      await fixDestination(ledger, folderIds[0] ?? 0, { ...place, prefix: prefix ?? "" });
    }
    await tell("00000000-0000-4000-8000-000000000001", [
      lease("own", ["own/1/", "own/2/"]),
      lease("both", ["own/1/", "foreign/"]),
      lease("foreign", ["foreign/"]),
      lease("elsewhere", ["own/1/"], { bucket: "another" }),
      lease("nothing", []),
    ]);
    const within = ledgerWithin(ledger, { ...everything, entrust_ids: ["E-1"] });
    const told = await listLeases(within, "kongur");
    expect(told.map(({ lease_id, workers, held_by }) => [lease_id, workers, held_by])).toEqual([
      ["own", 1, undefined],
    ]);
    const others = ledgerWithin(ledger, { ...everything, entrust_ids: ["E-3"] });
    expect(await listLeases(others, "kongur")).toEqual([]);
  });

  test("what is still to be stored is counted by vendor, of running imports within the scope", async () => {
    const before = (await readWaitingWork(ledger)).get("kongur") ?? { files: 0, imports: 0 };
    const { importId } = await planned(ledger, 5);
    const after = (await readWaitingWork(ledger)).get("kongur");
    expect(after).toEqual({ files: before.files + 5, imports: before.imports + 1 });
    const within = ledgerWithin(ledger, { ...everything, entrust_ids: ["E-1"] });
    expect(await readWaitingWork(within)).toEqual(new Map([["kongur", { files: 0, imports: 2 }]]));
    await cancelImport(ledger, importId, { who: "test" });
    expect((await readWaitingWork(ledger)).get("kongur")).toEqual(before);
  });
});

describe.each(Object.entries(ledgerKinds))("What may have changed, on %s", (_, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  test("an import is found while it runs, and by what people do to it, within the scope", async () => {
    const { importId } = await planned(ledger, 2);
    const within = (entrust: string) =>
      ledgerWithin(ledger, { ...everything, entrust_ids: [entrust] });
    const ofRunning = async (of: Ledger) => (await readMovement(of)).running.map(({ id }) => id);
    expect(await ofRunning(ledger)).toContain(importId);
    expect(await ofRunning(within("E-77"))).toContain(importId);
    expect(await ofRunning(within("E-1"))).toEqual([]);
    const before = await readMovement(ledger);
    expect(before.hasMoreActs).toBe(false);
    await cancelImport(ledger, importId, { who: "test" });
    const after = await readMovement(ledger);
    expect(await ofRunning(ledger)).not.toContain(importId);
    expect(after.acts.map(({ id }) => id).slice(1)).toEqual(before.acts.map(({ id }) => id));
    expect(after.acts[0]?.importId).toBe(importId);
    expect((await readMovement(within("E-1"))).acts).toEqual([]);
    const unknown = "0f8fad5b-d9cb-469f-a165-70867728950e";
    expect(await importsWithin(within("E-77"), [importId, unknown, "x"])).toEqual([importId]);
    expect(await importsWithin(within("E-1"), [importId])).toEqual([]);
    const views = await readImports(ledger, [importId, unknown]);
    expect(views).toEqual(
      [await readImport(ledger, importId)].map((view) => ({
        ...view,
        seconds: expect.any(Number),
      })),
    );
    expect(await readImports(within("E-1"), [importId])).toEqual([]);
  });

  test("folders are read that aren't done, that have failures, or that are asked for besides, page by page", async () => {
    const { importId } = await troubled(ledger);
    const { importId: open, folder } = await planned(ledger, 1);
    const of = async (ids: string[], besides: number[], after = 0, from: Ledger = ledger) =>
      await readChangedFolders(from, ids, { besides, after });
    const [failed] = (await of([importId], [])).items;
    expect(failed).toMatchObject({ import_id: importId, status: "attention", failed: 2 });
    const [running] = (await of([open], [])).items;
    expect(running).toMatchObject({ folder_id: String(folder.id), status: "storing" });
    expect(await of([open], [], folder.id)).toEqual({ items: [], next: null });
    const { importId: done, folder: own, shardId } = await planned(ledger, 1);
    const [file] = await filesOf<One>(ledger, shardId);
    await recordOutcomes(ledger, own.id, [stored(file)], []);
    await finishShard(ledger, shardId);
    expect((await of([done], [])).items).toEqual([]);
    expect((await of([done], [own.id])).items).toMatchObject([{ status: "done", stored: 1 }]);
    const others = ledgerWithin(ledger, { ...everything, entrust_ids: ["E-1"] });
    expect((await of([importId, open, done], [own.id], 0, others)).items).toEqual([]);
    expect(await of([], [])).toEqual({ items: [], next: null });
  });
});
