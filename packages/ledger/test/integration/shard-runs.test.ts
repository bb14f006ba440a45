import { ledgerKinds } from "@exhibit/ledger/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  closeShard,
  createImport,
  finishPlanning,
  finishShard,
  isSuspect,
  type Ledger,
  openShard,
  readImport,
  recordOutcomes,
  recordSending,
  type ShardRow,
  type UnfinishedFile,
} from "../../src/index.ts";
import { addShard } from "../add-shard.ts";
import { filesOf, folderOf, type One, planned, stored, walking } from "../imports.ts";

describe.each(Object.entries(ledgerKinds))("Runs of shards in the ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  test("counts consecutive crashes, until a run ends in good order or is done with a file", async () => {
    const { folder, shardId } = await walking(ledger, 2);
    const crashes = async () => (await openShard(ledger, shardId))?.consecutiveCrashes;
    expect([await crashes(), await crashes(), await crashes()]).toEqual([0, 1, 2]);
    expect(await isSuspect(ledger, shardId)).toBe(true);
    await closeShard(ledger, shardId);
    expect(await isSuspect(ledger, shardId)).toBe(false);

    const opened = (await openShard(ledger, shardId)) as ShardRow;
    const [first, second] = opened.files as [UnfinishedFile, UnfinishedFile];
    const later = {
      fileId: first.id,
      state: "planned" as const,
      code: "SOURCE_IO" as const,
      message: "EIO",
    };
    await recordOutcomes(ledger, folder.id, [], [later]);
    expect(await crashes()).toBe(1);
    await recordOutcomes(ledger, folder.id, [stored(second)], []);
    expect(await crashes()).toBe(0);
  });

  test("show what is being sent until they end, and nothing that is reported later", async () => {
    const { importId, folder, shardId } = await planned(ledger, 1);
    const [file] = await filesOf<One>(ledger, shardId);
    const sending = async () => (await readImport(ledger, importId)).sending_bytes;
    await recordSending(ledger, shardId, 5);
    expect(await sending()).toBe(5);
    await recordOutcomes(ledger, folder.id, [stored(file)], []);
    await finishShard(ledger, shardId);
    await recordSending(ledger, shardId, 7);
    expect(await sending()).toBe(0);
  });

  test("report to exactly one of many that finish at once that nothing is open any more", async () => {
    const { importId, folderIds } = await createImport(ledger, {
      suit_ids: [],
      folders: [folderOf("/evidence/many")],
    });
    const own = { id: folderIds[0] as number, import_id: importId };
    const shardIds: number[] = [];
    for (let index = 0; index < 8; index += 1) {
      const shard = await addShard(ledger, own, [{ path: `${index}`, size: 1, modifiedAt: 1 }]);
      shardIds.push(shard?.shardId as number);
    }
    await finishPlanning(ledger, own.id);
    const finished = await Promise.all(
      shardIds.map(async (shardId) => {
        await recordOutcomes(
          ledger,
          own.id,
          (await filesOf(ledger, shardId)).map((file) => stored(file)),
          [],
        );
        return await finishShard(ledger, shardId);
      }),
    );
    expect(finished.filter((shard) => shard?.complete)).toHaveLength(1);
    expect(await readImport(ledger, importId)).toMatchObject({ stored: 8 });
  });
});
