import { ledgerKinds } from "@exhibit/ledger/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  cancelImport,
  createImport,
  findOrphanedUploads,
  finishPlanning,
  forgetUpload,
  giveUpUpload,
  type Ledger,
  openShard,
  pauseVendor,
  postponeAbort,
  readLeftUploads,
  readWorkState,
  recordOutcomes,
  recordPart,
  recordUpload,
  resumeVendor,
  type StoredFile,
} from "../../../src/index.ts";
import { addShard } from "../../add-shard.ts";

const beganAt = new Date("2026-11-23T10:00:00Z");
const source = { size: 1000, modifiedMs: 1_700_000_000_000 };

describe.each(Object.entries(ledgerKinds))(
  "Multipart uploads in the ledger on %s",
  (_kind, open) => {
    let ledger: Ledger;
    let remove: () => Promise<void>;

    beforeAll(async () => {
      ({ ledger, remove } = await open());
    });
    afterAll(() => remove());

    /** Creates an import of one shard with one file. */
    async function planned() {
      const source = { type: "directory" as const, path: "/evidence/1001" };
      const { importId, folderIds } = await createImport(ledger, {
        suit_ids: ["1001"],
        folders: [{ vendor: "kongur", folder: { suit_id: "1001" }, source }],
      });
      const folder = { id: folderIds[0] as number, import_id: importId };
      const file = { path: "庭审.mp4", size: 1000, modifiedAt: 1_700_000_000_000 };
      const { shardId } = (await addShard(ledger, folder, [file])) ?? { shardId: 0 };
      await finishPlanning(ledger, folder.id);
      const first = await openShard(ledger, shardId);
      const fileId = first?.files[0]?.id ?? 0;
      return { importId, folderId: folder.id, shardId, fileId, first };
    }

    function upload(uploadId: string) {
      const place = { endpoint: "https://oss", bucket: "evidence", key: "kongur/庭审.mp4" };
      return { uploadId, ...place, partSize: 128, beganAt };
    }

    function stored(fileId: number, more: Partial<StoredFile> = {}): StoredFile {
      return {
        ...{ fileId, state: "stored", size: 1000, modifiedMs: 5, key: "kongur/庭审.mp4" },
        ...{ sha256: new Uint8Array(32), crc64: 1n, etag: '"E"', requestId: "R" },
        ...{ endpoint: "https://oss", bucket: "evidence", versionId: undefined },
        ...{ storedAt: beganAt, leaseId: "L", ...more },
      };
    }

    const orphaned = async (shardId: number) =>
      (await findOrphanedUploads(ledger, { limit: 10, shardId })).map(({ uploadId }) => uploadId);

    test("are found again with their parts, the latest for each file; a part sent again replaces the earlier", async () => {
      const { shardId, fileId } = await planned();
      expect(await readLeftUploads(ledger, shardId)).toEqual(new Map());
      await recordUpload(ledger, fileId, source, upload("U1"));
      const id = await recordUpload(ledger, fileId, source, upload("U2"));
      await recordPart(ledger, id, { number: 2, etag: '"old"', crc64: 5n });
      await recordPart(ledger, id, { number: 2, etag: '"two"', crc64: 2n ** 64n - 1n });
      await recordPart(ledger, id, { number: 1, etag: '"one"', crc64: 0n });
      const parts = [
        { number: 1, etag: '"one"', crc64: 0n },
        { number: 2, etag: '"two"', crc64: 2n ** 64n - 1n },
      ];
      expect(await readLeftUploads(ledger, shardId)).toEqual(
        new Map([[fileId, { id, ...upload("U2"), ...source, parts }]]),
      );
      expect(await orphaned(shardId)).toEqual([]);
    });

    test("that were given up aren't resumed, but wait to be aborted, and are then forgotten", async () => {
      const { shardId, fileId, folderId } = await planned();
      const id = await recordUpload(ledger, fileId, source, upload("U"));
      await recordPart(ledger, id, { number: 1, etag: '"one"', crc64: 0n });
      await giveUpUpload(ledger, id);
      expect(await readLeftUploads(ledger, shardId)).toEqual(new Map());
      expect(await findOrphanedUploads(ledger, { limit: 10, shardId })).toEqual([
        {
          ...{ id, uploadId: "U", endpoint: "https://oss", bucket: "evidence" },
          ...{ key: "kongur/庭审.mp4", folderId, path: "庭审.mp4", slot: null },
        },
      ]);
      await forgetUpload(ledger, id);
      expect(await orphaned(shardId)).toEqual([]);
      const parts = ledger.db.selectFrom("upload_parts").where("upload", "=", id).selectAll();
      expect(await parts.execute()).toEqual([]);
      // A worker that doesn't know that yet may still record a part.
      await recordPart(ledger, id, { number: 2, etag: '"two"', crc64: 0n });
      expect(await parts.execute()).toEqual([]);
    });

    test("are forgotten with their file's outcome, but only the one that became the object", async () => {
      const { shardId, fileId, folderId } = await planned();
      await recordUpload(ledger, fileId, source, upload("U1"));
      const id = await recordUpload(ledger, fileId, source, upload("U2"));
      await recordOutcomes(ledger, folderId, [stored(fileId, { upload: id })], []);
      expect(await orphaned(shardId)).toEqual(["U1"]);
    });

    test("stay when the outcome comes too late, because another one counts", async () => {
      const { shardId, fileId, folderId } = await planned();
      const id = await recordUpload(ledger, fileId, source, upload("U"));
      await recordOutcomes(ledger, folderId, [stored(fileId, { state: "identical" })], []);
      await recordOutcomes(ledger, folderId, [stored(fileId, { upload: id })], []);
      expect(await orphaned(shardId)).toEqual(["U"]);
    });

    test("are kept while their file is to be tried again, and orphaned once it failed or the import is cancelled", async () => {
      const { shardId, fileId, folderId } = await planned();
      await recordUpload(ledger, fileId, source, upload("U"));
      const error = { fileId, code: "STORE_UNAVAILABLE" as const, message: "down" };
      await recordOutcomes(ledger, folderId, [], [{ ...error, state: "planned" }]);
      expect(await orphaned(shardId)).toEqual([]);
      expect((await readLeftUploads(ledger, shardId)).size).toBe(1);
      await recordOutcomes(ledger, folderId, [], [{ ...error, state: "failed" }]);
      expect(await orphaned(shardId)).toEqual(["U"]);
      expect(await readLeftUploads(ledger, shardId)).toEqual(new Map());

      const other = await planned();
      await recordUpload(ledger, other.fileId, source, upload("V"));
      expect(await orphaned(other.shardId)).toEqual([]);
      await cancelImport(ledger, other.importId);
      expect(await orphaned(other.shardId)).toEqual(["V"]);
    });

    test("aren't aborted while their vendor is paused: that would take a lease of it", async () => {
      const { shardId, fileId, importId } = await planned();
      await recordUpload(ledger, fileId, source, upload("U"));
      await cancelImport(ledger, importId);
      await pauseVendor(ledger, "kongur", { who: "王芳" });
      expect(await orphaned(shardId)).toEqual([]);
      await resumeVendor(ledger, "kongur", { who: "王芳" });
      expect(await orphaned(shardId)).toEqual(["U"]);
    });

    test("that can't be aborted are postponed and don't hold up others", async () => {
      const { shardId, fileId } = await planned();
      const stubborn = await recordUpload(ledger, fileId, source, upload("U1"));
      const other = await recordUpload(ledger, fileId, source, upload("U2"));
      await giveUpUpload(ledger, stubborn);
      await giveUpUpload(ledger, other);
      await postponeAbort(ledger, stubborn);
      expect(await orphaned(shardId)).toEqual(["U2"]);
      for (let times = 0; times < 30; times += 1) await postponeAbort(ledger, stubborn);
      const { abort_at } = await ledger.db
        .selectFrom("uploads")
        .select("abort_at")
        .where("id", "=", stubborn)
        .executeTakeFirstOrThrow();
      const hours = (abort_at.getTime() - Date.now()) / 3_600_000;
      expect(hours).toBeGreaterThan(23);
      expect(hours).toBeLessThan(25);
    });

    test("are of no use to a run whose shard another run has claimed", async () => {
      const { shardId, first } = await planned();
      const importId = first?.importId ?? "";
      expect(first).toMatchObject({ runNumber: 1 });
      const run = { shardId, runNumber: 1 };
      expect(await readWorkState(ledger, importId, { run })).toMatchObject({ superseded: false });
      expect(await openShard(ledger, shardId)).toMatchObject({ runNumber: 2 });
      expect(await readWorkState(ledger, importId, { run })).toMatchObject({ superseded: true });
    });
  },
);
