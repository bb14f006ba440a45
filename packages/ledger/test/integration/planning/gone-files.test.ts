import { ledgerKinds, testSealer } from "@exhibit/ledger/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  finishPlanning,
  finishShard,
  type Ledger,
  openShard,
  readFolder,
  readImport,
  recordOutcomes,
  reopenImport,
  sealImport,
} from "../../../src/index.ts";
import { planned } from "../../imports.ts";

describe.each(Object.entries(ledgerKinds))(
  "Files that are gone, in the ledger on %s,",
  (_kind, open) => {
    let ledger: Ledger;
    let remove: () => Promise<void>;
    beforeAll(async () => {
      ({ ledger, remove } = await open());
    });
    afterAll(() => remove());

    async function fail(
      { folder, shardId }: { folder: { id: number }; shardId: number },
      code: "SOURCE_NOT_FOUND" | "EVIDENCE_CONFLICT",
    ) {
      const opened = await openShard(ledger, shardId);
      const failed = (opened?.files ?? []).map(({ id }) => {
        return { fileId: id, state: "failed" as const, code, message: `${code}.` };
      });
      await recordOutcomes(ledger, folder.id, [], failed);
      return await finishShard(ledger, shardId);
    }

    test("have their folder walked again after a person's retry, once for each", async () => {
      const of = await planned(ledger, 1);
      // Nobody has retried anything yet: changes in a source must not keep an import from its end.
      expect(await fail(of, "SOURCE_NOT_FOUND")).toMatchObject({
        walkAgain: false,
        complete: true,
      });
      expect(await sealImport(ledger, of.importId, testSealer)).toBe("attention");

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
        expect(await sealImport(ledger, of.importId, testSealer)).toBeUndefined();
        expect(await readFolder(ledger, of.folder.id)).toMatchObject({ planned: false });
        expect(await finishPlanning(ledger, of.folder.id)).toMatchObject({ complete: true });
        expect(await sealImport(ledger, of.importId, testSealer)).toBe("attention");
      }
    });

    test("don't have it walked again when the retried file failed for another reason", async () => {
      const of = await planned(ledger, 1);
      await fail(of, "SOURCE_NOT_FOUND");
      await sealImport(ledger, of.importId, testSealer);
      await reopenImport(ledger, of.importId);
      expect(await fail(of, "EVIDENCE_CONFLICT")).toMatchObject({
        walkAgain: false,
        complete: true,
      });
    });
  },
);
