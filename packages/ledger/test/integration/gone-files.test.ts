import { ledgerKinds } from "@exhibit/ledger/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createImport,
  finishPlanning,
  finishShard,
  type Ledger,
  openShard,
  readFolder,
  readImport,
  recordOutcomes,
  reopenImport,
  sealImport,
} from "../../src/index.ts";
import { addShard } from "../add-shard.ts";

describe.each(Object.entries(ledgerKinds))(
  "Files that are gone, in the ledger on %s,",
  (_kind, open) => {
    let ledger: Ledger;
    let remove: () => Promise<void>;
    beforeAll(async () => {
      ({ ledger, remove } = await open());
    });
    afterAll(() => remove());

    /** Creates an import of one shard. */
    async function begun() {
      const { importId, folderIds } = await createImport(ledger, {
        suit_ids: [],
        folders: [
          { vendor: "kongur", folder: {}, source: { type: "directory", path: "/evidence" } },
        ],
      });
      const folderId = folderIds[0] ?? 0;
      const shard = await addShard(ledger, { id: folderId }, [
        { path: "a", size: 1, modifiedAt: 1 },
      ]);
      await finishPlanning(ledger, folderId);
      return { importId, folderId, shardId: shard?.shardId ?? 0 };
    }

    async function fail(
      { folderId, shardId }: { folderId: number; shardId: number },
      code: "SOURCE_NOT_FOUND" | "EVIDENCE_CONFLICT",
    ) {
      const opened = await openShard(ledger, shardId);
      const failed = (opened?.files ?? []).map(({ id }) => {
        return { fileId: id, state: "failed" as const, code, message: `${code}.` };
      });
      await recordOutcomes(ledger, folderId, [], failed);
      return await finishShard(ledger, shardId);
    }

    test("have their folder walked again after a person's retry, once for each", async () => {
      const of = await begun();
      // Nobody has retried anything yet: changes in a source must not keep an import from its end.
      expect(await fail(of, "SOURCE_NOT_FOUND")).toMatchObject({
        walkAgain: false,
        complete: true,
      });
      expect(await sealImport(ledger, of.importId)).toBe("attention");

      for (const _ of [1, 2]) {
        await reopenImport(ledger, of.importId);
        expect(await fail(of, "SOURCE_NOT_FOUND")).toMatchObject({
          walkAgain: true,
          complete: false,
        });
        expect(await readImport(ledger, of.importId)).toMatchObject({
          status: "planning",
          failed: 1,
        });
        expect(await sealImport(ledger, of.importId)).toBeUndefined();
        expect(await readFolder(ledger, of.folderId)).toMatchObject({ planned: false });
        expect(await finishPlanning(ledger, of.folderId)).toMatchObject({ complete: true });
        expect(await sealImport(ledger, of.importId)).toBe("attention");
      }
    });

    test("don't have it walked again when the retried file failed for another reason", async () => {
      const of = await begun();
      await fail(of, "SOURCE_NOT_FOUND");
      await sealImport(ledger, of.importId);
      await reopenImport(ledger, of.importId);
      expect(await fail(of, "EVIDENCE_CONFLICT")).toMatchObject({
        walkAgain: false,
        complete: true,
      });
    });
  },
);
