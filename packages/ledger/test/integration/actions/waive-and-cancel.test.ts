import { ExhibitError } from "@exhibit/contracts";
import { ledgerKinds, testSealer } from "@exhibit/ledger/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addUnsendable,
  cancelImport,
  findQuietImports,
  finishPlanning,
  type Ledger,
  listFiles,
  listFolders,
  openShard,
  readImport,
  recordOutcomes,
  reopenByJob,
  reopenImport,
  sealImport,
  waiveFiles,
} from "../../../src/index.ts";
import { addShard } from "../../add-shard.ts";
import { auditEventsOf, filesOf, type One, stored, troubled, walking } from "../../imports.ts";

describe.each(Object.entries(ledgerKinds))("Waiving and cancelling on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  test("refuse what doesn't exist or hasn't failed, as retrying does, and say why", async () => {
    const { importId, first, second } = await troubled(ledger);
    const by = { who: "wang", why: "gone" };
    const ids = [String(second.id), String(first.id)];
    for (const act of [reopenImport, waiveFiles]) {
      const refused = (selection: object) => expect(act(ledger, importId, selection, by)).rejects;
      await refused({ file_ids: ["999999999"] }).toMatchObject({ code: "NOT_FOUND" });
      await refused({ folder_id: "999999999" }).toMatchObject({ code: "NOT_FOUND" });
      await refused({ code: "KEY_INVALID" }).toMatchObject({
        code: "STATE_CONFLICT",
        message: expect.stringContaining("KEY_INVALID"),
      });
      await refused({ file_ids: [String(first.id)] }).toMatchObject({
        code: "STATE_CONFLICT",
        message: `File ${first.id} is stored, not failed.`,
      });
    }
    // What belongs to another import isn't told of, though it is there.
    const other = await troubled(ledger);
    for (const act of [reopenImport, waiveFiles]) {
      for (const selection of [
        { file_ids: [String(other.first.id)] },
        { folder_id: String(other.folder.id) },
      ]) {
        await expect(act(ledger, importId, selection, by)).rejects.toMatchObject({
          code: "NOT_FOUND",
        });
      }
    }
    // All that are named are taken, or none, and only if there are as many as was said.
    for (const act of [reopenImport, waiveFiles]) {
      await expect(act(ledger, importId, { file_ids: ids }, by)).rejects.toThrow("is stored");
      for (const expect_files of [0, 1, 3]) {
        await expect(act(ledger, importId, { expect_files }, by)).rejects.toMatchObject({
          code: "STATE_CONFLICT",
          message: `It would be about 2 files now, and ${expect_files} were expected: nothing was done.`,
          details: { files: 2, expect_files },
        });
      }
    }
    expect(await readImport(ledger, importId)).toMatchObject({ failed: 2, waived: 0 });
    expect(await auditEventsOf(ledger, importId)).toHaveLength(1);
  });

  test("keep who waived files and why; the import is sealed once no other has failed", async () => {
    const { importId, second, third } = await troubled(ledger);
    const by = { who: "王芳", why: "The disk is gone.\0" };
    const one = { file_ids: [String(second.id)] };
    expect(await waiveFiles(ledger, importId, one, by)).toMatchObject({
      complete: false,
      files: 1,
    });
    expect(await readImport(ledger, importId)).toMatchObject({
      status: "attention",
      failed: 1,
      waived: 1,
      errors: [{ code: "VENDOR_REFUSED", files: 1 }],
    });
    const last = await waiveFiles(ledger, importId, { expect_files: 1 }, by);
    expect(last).toMatchObject({ complete: true, files: 1 });
    expect((await auditEventsOf(ledger, importId)).at(-1)?.event_id).toBe(last.eventId);
    // If its job is lost here, the reconciler enqueues it again.
    const quiet = await findQuietImports(ledger, { quietForMs: 0 });
    expect(quiet).toContainEqual({
      importId,
      priority: "normal",
      complete: true,
      folderIds: [],
      shards: [],
    });
    expect(await sealImport(ledger, importId, testSealer)).toBe("sealed");
    expect(await readImport(ledger, importId)).toMatchObject({
      failed: 0,
      waived: 2,
      planned: 0,
      errors: [],
    });
    const { items } = await listFiles(ledger, importId, { limit: 10, state: ["waived"] });
    expect(items).toMatchObject(
      [second, third].map(({ id }) => ({
        file_id: String(id),
        waived_by: "王芳",
        waived_why: "The disk is gone.",
        waived_at: expect.any(String),
        error: { code: expect.any(String) },
      })),
    );
    expect(await auditEventsOf(ledger, importId)).toMatchObject([
      { what: "create" },
      { what: "waive", who: "王芳", file_id: one.file_ids[0], files: 1 },
      { what: "waive", who: "王芳", file_id: null, files: 1 },
      { what: "seal", who: "exhibit" },
    ]);
    await expect(waiveFiles(ledger, importId, {}, by)).rejects.toMatchObject({
      code: "STATE_CONFLICT",
      message: `Import ${importId} is sealed: there is nothing to waive.`,
    });
  });

  test("don't lead to a seal while a source couldn't be walked", async () => {
    const { importId, folder } = await walking(ledger, 1);
    await addUnsendable(ledger, folder, [
      { state: "failed", path: "a", code: "NAME_INVALID", message: "not UTF-8" },
    ]);
    await finishPlanning(ledger, folder.id, new ExhibitError("SOURCE_IO", "EIO"));
    expect(await waiveFiles(ledger, importId, {}, { who: "w", why: "w" })).toMatchObject({
      complete: false,
    });
    expect(await readImport(ledger, importId)).toMatchObject({ failed: 0, waived: 1 });
  });

  test("end an import whatever it is doing; nothing of it is opened, planned or retried any more", async () => {
    const { importId, folder, shardId } = await walking(ledger, 2);
    const [file] = await filesOf<One>(ledger, shardId);
    await cancelImport(ledger, importId, { who: "wang", why: "the wrong case" });
    expect(await readImport(ledger, importId)).toMatchObject({
      status: "cancelled",
      finished_at: expect.any(String),
    });
    expect((await reopenByJob(ledger, { shardId })).shards).toEqual([]);
    expect(await openShard(ledger, shardId)).toBeUndefined();
    await expect(
      addShard(ledger, folder, [{ path: "late", size: 1, modifiedAt: 1 }]),
    ).rejects.toMatchObject({ code: "STATE_CONFLICT" });
    expect(await finishPlanning(ledger, folder.id)).toBeUndefined();
    const { items } = await listFolders(ledger, importId, { limit: 1 });
    expect(items).toMatchObject([{ status: "cancelled" }]);
    // What was on its way when the import was cancelled is recorded, too.
    await recordOutcomes(ledger, folder.id, [stored(file)], []);
    expect(await readImport(ledger, importId)).toMatchObject({ stored: 1, planned: 1 });
    expect(await sealImport(ledger, importId, testSealer)).toBeUndefined();
    for (const act of [
      () => cancelImport(ledger, importId),
      () => reopenImport(ledger, importId),
      () => waiveFiles(ledger, importId, {}, { who: "w", why: "w" }),
    ]) {
      await expect(act()).rejects.toMatchObject({
        code: "STATE_CONFLICT",
        message: expect.stringContaining("is cancelled"),
      });
    }
    expect(await auditEventsOf(ledger, importId)).toMatchObject([
      { what: "create" },
      { what: "cancel", who: "wang", why: "the wrong case" },
    ]);
  });

  test("count right when they and a retry come all at once", async () => {
    const { importId } = await troubled(ledger);
    const by = { who: "w", why: "w" };
    await Promise.allSettled([
      reopenImport(ledger, importId),
      waiveFiles(ledger, importId, {}, by),
      reopenImport(ledger, importId, { code: "SOURCE_IO" }),
      waiveFiles(ledger, importId, { code: "SOURCE_IO" }, by),
      cancelImport(ledger, importId),
    ]);
    const view = await readImport(ledger, importId);
    const { items } = await listFiles(ledger, importId, { limit: 10 });
    const count = (state: string) => items.filter((item) => item.state === state).length;
    expect([view.failed, view.waived, view.planned]).toEqual(
      ["failed", "waived", "planned"].map(count),
    );
    expect(view.status).toMatch(/^(cancelled|sealed)$/);
  });
});
