import { ledgerKinds, testSealer } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  cancelImport,
  createImport,
  findQuietImports,
  finishPlanning,
  type Ledger,
  listAuditEvents,
  listVendorAuditEvents,
  openShards,
  pauseImport,
  pauseVendor,
  readImport,
  readPausedVendors,
  readWorkState,
  reopenImport,
  resumeImport,
  resumeVendor,
  sealImport,
} from "../../../src/index.ts";
import { addShard } from "../../add-shard.ts";

const wang = { who: "王芳", why: "the scanner is being\0 repaired" };

describe.each(Object.entries(ledgerKinds))("Pauses in the ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;

  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  /**
   * Creates an import of one folder for each vendor, each with one open shard. All folders but the
   * last are planned.
   */
  async function opened(...vendors: string[]) {
    const { importId, folderIds } = await createImport(ledger, {
      suit_ids: [],
      folders: vendors.map((vendor) => ({
        vendor,
        folder: { id: "1" },
        source: { type: "directory", path: "/evidence" },
      })),
    });
    const shardIds: number[] = [];
    for (const [index, id] of folderIds.entries()) {
      const files = [{ path: "a.pdf", size: 1, modifiedAt: 1 }];
      const shard = await addShard(ledger, { id }, files);
      shardIds.push(shard?.shardId ?? 0);
      if (index < folderIds.length - 1) await finishPlanning(ledger, id);
    }
    return { importId, folderIds, shardIds };
  }

  /** Creates an import of an empty folder, which only has to be sealed. */
  async function empty(): Promise<string> {
    const { importId, folderIds } = await createImport(ledger, {
      suit_ids: [],
      folders: [{ vendor: "kongur", folder: {}, source: { type: "directory", path: "/evidence" } }],
    });
    await finishPlanning(ledger, folderIds[0] ?? 0);
    return importId;
  }

  async function shardsOf(of: Parameters<typeof openShards>[1]): Promise<number[]> {
    const ids: number[] = [];
    for await (const shards of openShards(ledger, of)) {
      ids.push(...shards.map(({ shardId }) => shardId));
    }
    return ids;
  }

  const quiet = async (importId: string) =>
    (await findQuietImports(ledger, { quietForMs: 0 })).find((work) => work.importId === importId);

  test("an import keeps its status, isn't worked on, and continues with all that is open once it is resumed", async () => {
    const { importId, folderIds, shardIds } = await opened("kongur", "rex");
    await pauseImport(ledger, importId, wang);
    expect(await readImport(ledger, importId)).toMatchObject({
      status: "planning",
      paused: { who: "王芳", why: "the scanner is being repaired", at: expect.any(String) },
    });
    expect(await readWorkState(ledger, importId)).toMatchObject({
      status: "planning",
      paused: true,
    });
    expect(await quiet(importId)).toBeUndefined();
    expect(await shardsOf({ importId })).toEqual([]);
    await expect(pauseImport(ledger, importId, wang)).rejects.toMatchObject({
      code: "STATE_CONFLICT",
    });

    const unplanned = folderIds.slice(-1);
    expect(await resumeImport(ledger, importId, { who: "li" })).toMatchObject({
      folderIds: unplanned,
      complete: false,
    });
    expect(await shardsOf({ importId })).toEqual(shardIds);
    expect(await quiet(importId)).toMatchObject({ folderIds: unplanned });
    expect(await readWorkState(ledger, importId)).toMatchObject({
      status: "planning",
      paused: false,
    });
    await expect(resumeImport(ledger, importId, wang)).rejects.toMatchObject({
      code: "STATE_CONFLICT",
    });
    const { items } = await listAuditEvents(ledger, importId, { limit: 10 });
    expect(items.map(({ what, who, vendor }) => [what, who, vendor])).toEqual([
      ["create", "api", null],
      ["pause", "王芳", null],
      ["resume", "li", null],
    ]);
  });

  test("a paused import isn't sealed; cancelling ends the pause, and a cancelled import can't be paused", async () => {
    const importId = await empty();
    await pauseImport(ledger, importId, wang);
    const { status } = await readImport(ledger, importId);
    expect(await sealImport(ledger, importId, testSealer)).toBeUndefined();
    expect(await readImport(ledger, importId)).toMatchObject({ status });
    expect(await resumeImport(ledger, importId, wang)).toMatchObject({
      folderIds: [],
      complete: true,
    });
    await pauseImport(ledger, importId, wang);
    await cancelImport(ledger, importId, wang);
    expect(await readImport(ledger, importId)).toMatchObject({ status: "cancelled", paused: null });
    await expect(pauseImport(ledger, importId, wang)).rejects.toMatchObject({
      code: "STATE_CONFLICT",
      message: expect.stringContaining("is cancelled"),
    });
  });

  test("the folders of a paused vendor wait in every import, those of other vendors don't", async () => {
    const mixed = await opened("wombat", "industry");
    const alone = await opened("wombat");
    await finishPlanning(ledger, alone.folderIds[0] ?? 0);
    await pauseVendor(ledger, "wombat", wang);
    expect([...(await readPausedVendors(ledger)).keys()]).toEqual(["wombat"]);
    expect(await readWorkState(ledger, mixed.importId, { vendor: "wombat" })).toMatchObject({
      paused: true,
    });
    expect(await readWorkState(ledger, mixed.importId, { vendor: "industry" })).toMatchObject({
      paused: false,
    });
    expect(await shardsOf({ importId: mixed.importId })).toEqual(mixed.shardIds.slice(1));
    expect(await quiet(mixed.importId)).toBeDefined();
    // Only the vendor's folder is open, so the import takes no place in the reconciler's list.
    expect(await quiet(alone.importId)).toBeUndefined();
    expect(await readImport(ledger, mixed.importId)).toMatchObject({
      paused: null,
      paused_vendors: [{ vendor: "wombat", who: "王芳" }],
    });
    await expect(pauseVendor(ledger, "wombat", wang)).rejects.toMatchObject({
      code: "STATE_CONFLICT",
    });

    // One of the two imports is paused itself and keeps waiting.
    await pauseImport(ledger, alone.importId, wang);
    await resumeVendor(ledger, "wombat", { who: "li" });
    expect(await shardsOf({ vendor: "wombat" })).toEqual(mixed.shardIds.slice(0, 1));
    await expect(resumeVendor(ledger, "wombat", wang)).rejects.toMatchObject({
      code: "STATE_CONFLICT",
    });
    const first = await listVendorAuditEvents(ledger, "wombat", { limit: 1 });
    expect(first.items).toMatchObject([{ what: "pause", vendor: "wombat", import_id: null }]);
    const rest = await listVendorAuditEvents(ledger, "wombat", {
      limit: 1,
      after: first.next ?? "",
    });
    expect(rest).toMatchObject({ items: [{ what: "resume", who: "li" }], next: null });
  });

  test("totals that differ from the rows leave the import in attention, and a retry compares them again", async () => {
    const importId = await empty();
    const change = (by: number) =>
      sql`update imports set files = files + ${by} where id = ${importId}`.execute(ledger.db);
    await change(1);
    const wrong = { code: "TOTALS_WRONG", message: expect.stringContaining("files 1 (rows: 0)") };
    await expect(sealImport(ledger, importId, testSealer)).rejects.toMatchObject(wrong);
    expect(await readImport(ledger, importId)).toMatchObject({
      status: "attention",
      finished_at: expect.any(String),
      errors: [{ ...wrong, files: 0, remedy: expect.stringContaining("Report it") }],
    });
    expect(await quiet(importId)).toBeUndefined();
    // This is what a job does that is retried in Bull Board.
    await expect(sealImport(ledger, importId, testSealer)).rejects.toMatchObject(wrong);
    expect(await reopenImport(ledger, importId)).toMatchObject({ complete: true });
    await expect(sealImport(ledger, importId, testSealer)).rejects.toMatchObject(wrong);
    await change(-1);
    await reopenImport(ledger, importId);
    expect(await readImport(ledger, importId)).toMatchObject({
      status: "sealing",
      finished_at: null,
    });
    expect(await sealImport(ledger, importId, testSealer)).toBe("sealed");
    expect(await readImport(ledger, importId)).toMatchObject({ status: "sealed", errors: [] });
  });
});
