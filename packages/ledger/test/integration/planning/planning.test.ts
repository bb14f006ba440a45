import { noCounters } from "@exhibit/contracts";
import { ledgerKinds, testSealer } from "@exhibit/ledger/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addUnsendable,
  createImport,
  finishPlanning,
  type Ledger,
  listFiles,
  openShard,
  openShards,
  pauseImport,
  readImport,
  readSlots,
  reopenImport,
  sealImport,
} from "../../../src/index.ts";
import { addShard } from "../../add-shard.ts";
import { files, filesOf, folderOf, planned, walking } from "../../imports.ts";

describe.each(Object.entries(ledgerKinds))("Planning in the ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  test("keeps the slots of files, passes them to storing, and assigns none twice", async () => {
    const { folder, shardId } = await walking(ledger, 1);
    expect(await readSlots(ledger, folder.id)).toEqual(new Map());
    expect(await filesOf(ledger, shardId)).toMatchObject([{ slot: null }]);
    const [one, two] = [
      { path: "a.jpg", size: 1, modifiedAt: 1, slot: 1 },
      { path: "b.jpg", size: 1, modifiedAt: 1, slot: 2 },
    ];
    const added = await addShard(ledger, folder, [one, two]);
    expect(await readSlots(ledger, folder.id)).toEqual(
      new Map([
        ["a.jpg", 1],
        ["b.jpg", 2],
      ]),
    );
    expect(await filesOf(ledger, added?.shardId ?? 0)).toMatchObject([{ slot: 1 }, { slot: 2 }]);
    // A known file keeps its slot, and no other file can have it.
    expect(await addShard(ledger, folder, [{ ...one, slot: 3 }])).toBeUndefined();
    await expect(addShard(ledger, folder, [{ ...one, path: "c.jpg" }])).rejects.toThrow(/slot/);
    expect(await readSlots(ledger, folder.id)).toEqual(
      new Map([
        ["a.jpg", 1],
        ["b.jpg", 2],
      ]),
    );
  });

  test("counts the positions of an import's shards from those that no worker has claimed yet, and gives them its priority", async () => {
    const { importId, folderIds } = await createImport(ledger, {
      ...{ suit_ids: [], priority: "urgent" },
      folders: [folderOf("/evidence/turns")],
    });
    const own = { id: folderIds[0] as number, import_id: importId };
    const [first, second] = [
      await addShard(ledger, own, files(1)),
      await addShard(ledger, own, files(2)),
    ];
    expect([first, second]).toMatchObject([
      { position: 1, priority: "urgent" },
      { position: 2, priority: "urgent" },
    ]);
    await openShard(ledger, first?.shardId as number);
    const third = await addShard(ledger, own, files(3));
    expect(third).toMatchObject({ position: 2 });

    const { value: shards } = await openShards(ledger, { importId }).next();
    expect(shards).toEqual([
      { shardId: first?.shardId, position: 1, priority: "urgent" },
      { shardId: second?.shardId, position: 1, priority: "urgent" },
      { shardId: third?.shardId, position: 2, priority: "urgent" },
    ]);
    await pauseImport(ledger, importId, { who: "王芳" });
    expect((await openShards(ledger, { importId }).next()).value).toBeUndefined();
    const paused = openShards(ledger, { importId, evenPaused: true });
    expect((await paused.next()).value).toEqual(shards);
  });

  test("skips known files when a source is walked again", async () => {
    const { importId, folderIds } = await createImport(ledger, {
      suit_ids: [],
      folders: [folderOf("/evidence/again")],
    });
    const own = { id: folderIds[0] as number, import_id: importId };
    await addShard(ledger, own, files(2));
    expect(await addShard(ledger, own, files(2))).toBeUndefined();
    expect(await addShard(ledger, own, files(3))).toMatchObject({ position: 2 });
    expect(await readImport(ledger, importId)).toMatchObject({
      files: 3,
      bytes: 33,
      status: "planning",
    });
  });

  test("records what isn't a file as skipped, and what can't be planned as failed; a retry walks the folder again", async () => {
    const { importId, folder } = await walking(ledger, 1);
    await addUnsendable(ledger, folder, [
      { state: "skipped", path: "link", as: "symlink" },
      { state: "failed", path: "\\xff", code: "NAME_INVALID", message: "not UTF-8" },
    ]);
    expect(await readImport(ledger, importId)).toMatchObject({ files: 2, failed: 1, skipped: 1 });
    const { items } = await listFiles(ledger, importId, { limit: 10, state: ["skipped"] });
    expect(items).toMatchObject([{ path: "link", skipped_as: "symlink", error: null }]);

    expect(await finishPlanning(ledger, folder.id)).toMatchObject({
      counters: { ...noCounters, files: 2, bytes: 10, failed: 1, skipped: 1 },
    });
    expect((await reopenImport(ledger, importId)).folderIds).toEqual([folder.id]);
    expect(await readImport(ledger, importId)).toMatchObject({
      status: "planning",
      files: 2,
      failed: 0,
      skipped: 1,
    });
  });

  test("gives no key to what isn't sent: a file may have the name of a link in another Unicode form", async () => {
    const { folder } = await walking(ledger, 1);
    const link = { state: "skipped" as const, path: "caf\u00e9", as: "symlink" as const };
    await addUnsendable(ledger, folder, [link]);
    const file = { path: "cafe\u0301", normal: "caf\u00e9", size: 1, modifiedAt: 1 };
    const shard = await addShard(ledger, folder, [file]);
    expect(await filesOf(ledger, shard?.shardId ?? 0)).toMatchObject([{ path: "cafe\u0301" }]);
  });

  test("ends with the last of two folders", async () => {
    const { importId, folderIds } = await createImport(ledger, {
      suit_ids: [],
      folders: [folderOf("/evidence/a"), folderOf("/evidence/b")],
    });
    expect(await finishPlanning(ledger, folderIds[0] as number)).toEqual({
      importId,
      complete: false,
      isPlanned: false,
      counters: noCounters,
    });
    expect(await finishPlanning(ledger, folderIds[0] as number)).toBeUndefined();
    expect((await readImport(ledger, importId)).status).toBe("planning");
    expect(await finishPlanning(ledger, folderIds[1] as number)).toEqual({
      importId,
      complete: true,
      isPlanned: true,
      counters: noCounters,
    });
    expect(await sealImport(ledger, importId, testSealer)).toBe("sealed");
  });

  test("takes no more files once a folder is fully planned", async () => {
    const { importId, folder } = await planned(ledger, 1);
    await expect(
      addShard(ledger, folder, [{ path: "late", size: 1, modifiedAt: 1 }]),
    ).rejects.toMatchObject({ code: "STATE_CONFLICT" });
    await expect(
      addUnsendable(ledger, folder, [{ state: "skipped", path: "late", as: "fifo" }]),
    ).rejects.toMatchObject({ code: "STATE_CONFLICT" });
    expect(await readImport(ledger, importId)).toMatchObject({ files: 1, skipped: 0 });
  });
});
