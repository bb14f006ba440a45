import type { HeldLease } from "@exhibit/contracts";
import { everything } from "@exhibit/contracts";
import { idleReport, ledgerKinds } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  beat,
  cancelImport,
  createImport,
  fixDestination,
  type Ledger,
  ledgerWithin,
  listLeases,
  listWorkers,
  readWaitingWork,
  recordWorkerFacts,
} from "../../src/index.ts";
import { planned } from "../imports.ts";

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
