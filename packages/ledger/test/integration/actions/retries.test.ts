import { ExhibitError } from "@exhibit/contracts";
import { ledgerKinds, testSealer } from "@exhibit/ledger/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addUnsendable,
  finishPlanning,
  finishShard,
  type Ledger,
  listFiles,
  openShard,
  readFinished,
  readImport,
  recordOutcomes,
  reopenByJob,
  reopenImport,
  sealImport,
  type UnfinishedFile,
} from "../../../src/index.ts";
import {
  auditEventsOf,
  filesOf,
  type One,
  planned,
  stored,
  type Three,
  troubled,
  walking,
} from "../../imports.ts";

describe.each(Object.entries(ledgerKinds))("Retries in the ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  test("take up only the failed files of an import in attention", async () => {
    const { importId, folder, shardId } = await planned(ledger, 3);
    const [first, second, third] = await filesOf<Three>(ledger, shardId);
    await recordOutcomes(
      ledger,
      folder.id,
      [stored(first)],
      [
        { fileId: second.id, state: "failed", code: "SOURCE_CHANGED", message: "it has grown" },
        { fileId: third.id, state: "failed", code: "SOURCE_UNREADABLE", message: "no right" },
      ],
    );
    expect(await finishShard(ledger, shardId)).toEqual({
      state: "failed",
      complete: true,
      walkAgain: false,
      files: 3,
      failures: expect.arrayContaining([
        { code: "SOURCE_CHANGED", files: 1 },
        { code: "SOURCE_UNREADABLE", files: 1 },
      ]),
    });
    expect(await sealImport(ledger, importId, testSealer)).toBe("attention");

    await reopenByJob(ledger, { shardId });
    expect(await filesOf(ledger, shardId)).toMatchObject([
      { id: second.id, path: second.path, size: second.size, modifiedMs: null },
      { id: third.id, path: third.path, size: third.size, modifiedMs: third.modifiedMs },
    ]);
    expect(await readImport(ledger, importId)).toMatchObject({
      status: "storing",
      failed: 0,
      planned: 2,
      errors: [],
    });

    const grown = { ...stored(second), size: 1000 };
    await recordOutcomes(ledger, folder.id, [grown, stored(third)], []);
    await finishShard(ledger, shardId);
    expect(await sealImport(ledger, importId, testSealer)).toBe("sealed");
    expect(await readImport(ledger, importId)).toMatchObject({ stored: 3, bytes: 10 + 1000 + 12 });
  });

  test("leave a sealed import alone", async () => {
    const { importId, folder, shardId } = await planned(ledger, 1);
    const [file] = await filesOf<One>(ledger, shardId);
    await recordOutcomes(ledger, folder.id, [stored(file)], []);
    await finishShard(ledger, shardId);
    await sealImport(ledger, importId, testSealer);
    expect((await reopenByJob(ledger, { shardId })).shards).toEqual([]);
    expect(await openShard(ledger, shardId)).toBeUndefined();
    await expect(reopenImport(ledger, importId)).rejects.toMatchObject({ code: "STATE_CONFLICT" });
  });

  test("take up one code, or one file, and leave the others failed", async () => {
    const { importId, folder, shardId, second, third } = await troubled(ledger);
    const byCode = await reopenImport(
      ledger,
      importId,
      { code: "VENDOR_REFUSED" },
      { who: "wang" },
    );
    expect(byCode).toMatchObject({ shards: [{ shardId }], folderIds: [], files: 1 });
    expect(await readImport(ledger, importId)).toMatchObject({
      status: "storing",
      planned: 1,
      failed: 1,
      finished_at: null,
    });
    expect(await filesOf(ledger, shardId)).toMatchObject([{ id: third.id }]);
    await recordOutcomes(ledger, folder.id, [stored(third)], []);
    expect(await finishShard(ledger, shardId)).toMatchObject({ state: "failed", complete: true });
    expect(await sealImport(ledger, importId, testSealer)).toBe("attention");

    const file_ids = [String(second.id)];
    expect(await reopenImport(ledger, importId, { file_ids })).toMatchObject({ files: 1 });
    await recordOutcomes(ledger, folder.id, [stored(second)], []);
    await finishShard(ledger, shardId);
    expect(await sealImport(ledger, importId, testSealer)).toBe("sealed");
    expect(await auditEventsOf(ledger, importId)).toMatchObject([
      { what: "create", who: "api", why: null, files: null },
      { what: "retry", who: "wang", code: "VENDOR_REFUSED", file_id: null, files: 1 },
      { what: "retry", who: "api", code: null, file_id: file_ids[0], files: 1 },
      { what: "seal", who: "exhibit" },
    ]);
  });

  test("take up all the files that are named, as many as were expected, or none", async () => {
    const { importId, folder, shardId, second, third } = await troubled(ledger);
    const file_ids = [second, third].map(({ id }) => String(id));
    const refused = reopenImport(ledger, importId, { file_ids: [...file_ids, "999999999"] });
    await expect(refused).rejects.toMatchObject({ code: "NOT_FOUND" });
    const more = reopenImport(ledger, importId, { folder_id: String(folder.id), expect_files: 3 });
    await expect(more).rejects.toMatchObject({ details: { files: 2 } });
    expect(await readImport(ledger, importId)).toMatchObject({ status: "attention", failed: 2 });
    expect(await auditEventsOf(ledger, importId)).toHaveLength(1);
    const twice = { file_ids: [...file_ids, ...file_ids], expect_files: 2 };
    const reopened = await reopenImport(ledger, importId, twice);
    expect(reopened).toMatchObject({ files: 2, shards: [{ shardId }] });
    expect(await auditEventsOf(ledger, importId)).toMatchObject([
      { what: "create" },
      { event_id: reopened.eventId, what: "retry", file_id: null, files: 2 },
    ]);
    // While their shard is being stored, nothing of it is there to be retried.
    await recordOutcomes(
      ledger,
      folder.id,
      [],
      [{ fileId: second.id, state: "failed", code: "SOURCE_IO", message: "EIO" }],
    );
    const early = reopenImport(ledger, importId, { file_ids: file_ids.slice(0, 1) });
    await expect(early).rejects.toMatchObject({
      code: "STATE_CONFLICT",
      message:
        "Not all files that are named have failed, or a shard of theirs is still being stored.",
    });
  });

  test("walk a folder again for one code of what couldn't be planned", async () => {
    const { importId, folder } = await walking(ledger, 1);
    await addUnsendable(ledger, folder, [
      { state: "failed", path: "a", code: "NAME_INVALID", message: "not UTF-8" },
      { state: "failed", path: "b", code: "KEY_INVALID", message: "too long" },
    ]);
    await finishPlanning(ledger, folder.id);
    const again = await reopenImport(ledger, importId, { code: "NAME_INVALID" });
    expect(again).toMatchObject({ shards: [], folderIds: [folder.id], files: 1 });
    expect(await readImport(ledger, importId)).toMatchObject({ status: "planning", failed: 1 });
    const { items } = await listFiles(ledger, importId, { limit: 10, state: ["failed"] });
    expect(items).toMatchObject([{ path: "b" }]);
  });

  test("of a shard's job are the queue's in the audit log", async () => {
    const { importId, shardId } = await troubled(ledger);
    expect(await filesOf(ledger, shardId)).toEqual([]);
    expect(await reopenByJob(ledger, { shardId })).toMatchObject({ files: 2 });
    expect(await filesOf(ledger, shardId)).toHaveLength(2);
    expect((await auditEventsOf(ledger, importId)).at(-1)).toMatchObject({
      what: "retry",
      who: "queue",
      files: 2,
    });
  });

  test("take up a failed shard for a person, but not when its job was only restarted", async () => {
    const { importId, folder, shardId } = await walking(ledger, 1);
    await finishPlanning(ledger, folder.id);
    const file = (await openShard(ledger, shardId))?.files[0] as UnfinishedFile;
    const failed = {
      fileId: file.id,
      state: "failed" as const,
      code: "SOURCE_IO" as const,
      message: "EIO",
    };
    await recordOutcomes(ledger, folder.id, [], [failed]);
    await finishShard(ledger, shardId, 1);

    expect((await reopenByJob(ledger, { shardId, jobStarts: 2 })).shards).toEqual([]);
    expect(await openShard(ledger, shardId)).toBeUndefined();
    expect(await readFinished(ledger, shardId, 2)).toEqual({
      files: 1,
      failures: [{ code: "SOURCE_IO", files: 1 }],
    });
    // The start that ended it isn't a restart.
    expect(await readFinished(ledger, shardId, 1)).toBeUndefined();
    const acts = async () =>
      (await auditEventsOf(ledger, importId)).map(({ what, who }) => `${what} by ${who}`);
    expect(await acts()).toEqual(["create by api"]);

    const { shards } = await reopenByJob(ledger, { shardId, jobStarts: 1 });
    expect(shards).toEqual([{ shardId, position: 1, priority: "normal" }]);
    expect(await openShard(ledger, shardId)).toMatchObject({ files: [{ id: file.id }] });
    expect(await acts()).toEqual(["create by api", "retry by queue"]);
  });

  test("walk a folder again for a person, but not when its job was only restarted", async () => {
    const { folder } = await walking(ledger, 1);
    await finishPlanning(ledger, folder.id, new ExhibitError("SOURCE_IO", "EIO"), 1);
    const reopened = async (jobStarts: number) =>
      (await reopenByJob(ledger, { folderId: folder.id, jobStarts })).folderIds;
    expect(await reopened(2)).toEqual([]);
    expect(await reopened(1)).toEqual([folder.id]);
  });
});
