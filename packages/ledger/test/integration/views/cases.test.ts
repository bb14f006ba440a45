import { ExhibitError, type FolderSelector } from "@exhibit/contracts";
import { ledgerKinds, testSealer } from "@exhibit/ledger/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addUnsendable,
  cancelImport,
  createImport,
  finishPlanning,
  finishShard,
  type Ledger,
  ledgerWithin,
  listCaseFolders,
  listCases,
  pauseImport,
  pauseVendor,
  readCase,
  recordOutcomes,
  resumeVendor,
  sealImport,
} from "../../../src/index.ts";
import { addShard } from "../../add-shard.ts";
import { files, filesOf, stored } from "../../imports.ts";

const wang = { who: "王芳" };

interface Made {
  entrust?: string;
  suits?: string[];
  /** The folder's name at its vendor. @defaultValue that of the first suit */
  selector?: FolderSelector;
  vendor?: string;
  path?: string;
}

describe.each(Object.entries(ledgerKinds))("Cases on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  /** Creates an import of one folder, fully planned, with one shard of `count` files. */
  async function planned(count: number, made: Made) {
    const { entrust, suits = ["1001"], vendor = "kongur" } = made;
    const selector = made.selector ?? { suit_id: suits[0] ?? "" };
    const path = made.path ?? `/evidence/${JSON.stringify(selector)}`;
    const { importId, folderIds } = await createImport(ledger, {
      ...(entrust === undefined ? {} : { entrust_id: entrust }),
      suit_ids: suits,
      folders: [{ vendor, folder: selector, source: { type: "directory", path } }],
    });
    const folder = { id: folderIds[0] as number };
    const shard = count === 0 ? undefined : await addShard(ledger, folder, files(count));
    await finishPlanning(ledger, folder.id);
    return { importId, folderId: folder.id, shardId: shard?.shardId };
  }

  /** Creates the same and ends it: its last `failed` files fail, the others are stored or found. */
  async function ended(
    count: number,
    { failed = 0, as = "stored", ...made }: Made & { failed?: number; as?: "stored" | "identical" },
  ) {
    const begun = await planned(count, made);
    if (begun.shardId !== undefined) {
      const all = await filesOf(ledger, begun.shardId);
      await recordOutcomes(
        ledger,
        begun.folderId,
        all.slice(0, count - failed).map((file) => stored(file, as)),
        all.slice(count - failed).map(({ id: fileId }, index) => ({
          ...{ fileId, state: "failed" as const, message: "no" },
          code: index === 0 ? ("EVIDENCE_CONFLICT" as const) : ("SOURCE_CHANGED" as const),
        })),
      );
      await finishShard(ledger, begun.shardId);
    }
    await sealImport(ledger, begun.importId, testSealer);
    return begun;
  }

  test("are complete once each suit is imported, and count a folder's last import alone", async () => {
    await ended(3, { entrust: "C-1", suits: ["1", "2"] });
    const half = await readCase(ledger, { entrust_id: "C-1" });
    expect(half).toMatchObject({
      ...{ complete: false, folders: 1, files: 3, stored: 3, proved: 3, missing: 0 },
      reasons: [{ kind: "suit_missing", needs: "somebody", suit_ids: ["2"], import_id: null }],
      suits: [
        { suit_id: "1", imported: true, files: 3, proved: 3 },
        { suit_id: "2", imported: false, files: 0 },
      ],
    });

    await ended(2, { entrust: "C-1", suits: ["2"] });
    await ended(4, { entrust: "C-1", suits: ["1"], as: "identical" });
    expect(await readCase(ledger, { entrust_id: "C-1" })).toMatchObject({
      ...{ complete: true, reasons: [], reasons_total: 0, folders: 2, files: 6 },
      ...{ stored: 2, identical: 4, proved: 6, bytes: 21 + 46, proved_bytes: 21 + 46 },
      imports: { total: 3, sealed: 3, attention: 0 },
      suits: [
        { suit_id: "1", files: 4 },
        { suit_id: "2", files: 2 },
      ],
    });
  });

  test("say which files failed, until a later import of the folder has them", async () => {
    const { importId } = await ended(5, { entrust: "C-2", failed: 3 });
    expect(await readCase(ledger, { entrust_id: "C-2" })).toMatchObject({
      ...{ complete: false, files: 5, proved: 2, failed: 3, missing: 3 },
      reasons: [
        {
          ...{ kind: "files_failed", needs: "somebody", import_id: importId, files: 3, folders: 1 },
          message: `3 files of import ${importId} failed.`,
          codes: [
            { code: "SOURCE_CHANGED", files: 2 },
            { code: "EVIDENCE_CONFLICT", files: 1 },
          ],
        },
      ],
    });
    await ended(5, { entrust: "C-2" });
    expect(await readCase(ledger, { entrust_id: "C-2" })).toMatchObject({
      ...{ complete: true, files: 5, proved: 5 },
      imports: { total: 2, sealed: 1, attention: 1 },
    });
  });

  test("say what is under way, and what waits for somebody", async () => {
    const { importId } = await planned(2, { entrust: "C-3" });
    const kinds = async () =>
      (await readCase(ledger, { entrust_id: "C-3" })).reasons.map(({ kind, needs, files: of }) => [
        ...[kind, needs, of],
      ]);
    expect(await kinds()).toEqual([["unfinished", "time", 2]]);
    await pauseVendor(ledger, "kongur", wang);
    expect(await kinds()).toEqual([["vendor_paused", "somebody", 2]]);
    await pauseImport(ledger, importId, wang);
    expect(await kinds()).toEqual([["paused", "somebody", 2]]);
    await resumeVendor(ledger, "kongur", wang);
    await cancelImport(ledger, importId, wang);
    expect(await kinds()).toEqual([["cancelled", "somebody", 2]]);
    // Its cancelled import names the suit no more.
    expect((await readCase(ledger, { entrust_id: "C-3" })).suits).toEqual([]);
  });

  test("keep what an earlier import proved when a later one is cancelled, and forget what was set aside", async () => {
    await ended(2, { entrust: "C-4" });
    const { importId } = await planned(9, { entrust: "C-4" });
    await cancelImport(ledger, importId, wang);
    expect(await readCase(ledger, { entrust_id: "C-4" })).toMatchObject({
      ...{ complete: true, files: 2, proved: 2 },
      imports: { total: 2, sealed: 1, cancelled: 1 },
    });
    const wrong = await planned(1, { entrust: "C-4", path: "/evidence/wrong" });
    await cancelImport(ledger, wrong.importId, wang);
    expect((await readCase(ledger, { entrust_id: "C-4" })).complete).toBe(false);
    await ledger.db
      .updateTable("imports")
      .set({ set_aside: true })
      .where("id", "=", wrong.importId)
      .execute();
    expect(await readCase(ledger, { entrust_id: "C-4" })).toMatchObject({
      ...{ complete: true, set_aside: 1, imports: { total: 2 } },
    });
  });

  test("have folders that couldn't be walked among the reasons", async () => {
    const { importId, folderIds } = await createImport(ledger, {
      entrust_id: "C-5",
      suit_ids: ["1"],
      folders: ["a", "b"].map((name) => ({
        ...{ vendor: "kongur", folder: { suit_id: "1" } },
        source: { type: "directory", path: `/evidence/${name}` },
      })),
    });
    const [first = 0, second = 0] = folderIds;
    await addUnsendable(ledger, { id: first }, [
      { state: "failed", path: "x", code: "NAME_INVALID", message: "no" },
    ]);
    await finishPlanning(ledger, first);
    await finishPlanning(ledger, second, new ExhibitError("SOURCE_EMPTY", "nothing there"));
    await sealImport(ledger, importId, testSealer);
    const { complete, reasons } = await readCase(ledger, { entrust_id: "C-5" });
    expect(complete).toBe(false);
    expect(reasons.map(({ kind }) => kind).sort()).toEqual(["files_failed", "source_failed"]);
  });

  test("take a suit for imported whose import has no folder that a suit names", async () => {
    await ended(1, { entrust: "C-6", vendor: "deepvision", selector: { op_poi_id: "p" } });
    expect(await readCase(ledger, { entrust_id: "C-6" })).toMatchObject({
      complete: true,
      suits: [{ suit_id: "1001", imported: true, folders: 0 }],
    });
  });

  test("are found by suit, over all mandates, without other suits' folders", async () => {
    await ended(1, { entrust: "S-1", suits: ["s9", "s8"], selector: { suit_id: "s9" } });
    await ended(2, { entrust: "S-2", suits: ["s9"] });
    await ended(4, { entrust: "S-2", suits: ["s9", "s8"], selector: { suit_id: "s8" } });
    await ended(8, { suits: ["s9"], selector: { role: "lawyer" } });
    expect(await readCase(ledger, { suit_id: "s9" })).toMatchObject({
      ...{ entrust_id: null, suit_id: "s9", complete: true, folders: 3, files: 11 },
      suits: [{ suit_id: "s9", files: 3 }],
    });
    const { items } = await listCaseFolders(ledger, { suit_id: "s9" }, { limit: 10 });
    expect(items.map(({ entrust_id, suit_id, files: of }) => [entrust_id, suit_id, of])).toEqual([
      ["S-1", "s9", 1],
      ["S-2", "s9", 2],
      [null, null, 8],
    ]);
  });

  test("are listed by entrust_id, in pages, each once and with the totals of its own view", async () => {
    await planned(3, { entrust: "L-漢" });
    for (const entrust of ["L-1", "L-2", "L-2"]) await ended(2, { entrust });
    const listed = [];
    for (let after: string | undefined, page = 0; page === 0 || after; page += 1) {
      const { items, next } = await listCases(ledger, { limit: 1, after, starts_with: "L-" });
      listed.push(...items);
      after = next ?? undefined;
    }
    expect(listed.map(({ entrust_id }) => entrust_id)).toEqual(["L-1", "L-2", "L-漢"]);
    for (const { entrust_id, ...of } of listed) {
      expect(await readCase(ledger, { entrust_id })).toMatchObject(of);
    }
    expect(listed.map(({ complete }) => complete)).toEqual([true, true, false]);
  });

  test("have pages of folders, with where each is and when its import was sealed", async () => {
    await ended(1, { entrust: "F-1", suits: ["1"] });
    await ended(1, { entrust: "F-1", suits: ["2"], failed: 1 });
    const first = await listCaseFolders(ledger, { entrust_id: "F-1" }, { limit: 1 });
    expect(first.items).toMatchObject([
      { suit_id: "1", status: "done", import_status: "sealed", sealed_at: expect.any(String) },
    ]);
    const second = await listCaseFolders(
      ledger,
      { entrust_id: "F-1" },
      { limit: 1, after: first.next ?? "" },
    );
    expect(second).toMatchObject({
      items: [{ suit_id: "2", status: "attention", sealed_at: null }],
      next: null,
    });
  });

  test("of others aren't there for whoever has a scope", async () => {
    await ended(1, { entrust: "T-1", suits: ["t"] });
    await ended(2, { entrust: "T-2", suits: ["t"] });
    await ended(4, { entrust: "T-2", suits: ["t"], vendor: "wombat", selector: { ou_code: "1" } });
    const unknown = { code: "NOT_FOUND", message: "There is no case T-1: no import names it." };
    const scoped = ledgerWithin(ledger, {
      ...{ entrust_ids: ["T-2"], vendors: ["kongur"], roots: "all" },
    });
    await expect(readCase(scoped, { entrust_id: "T-1" })).rejects.toMatchObject(unknown);
    await expect(
      listCaseFolders(scoped, { entrust_id: "T-1" }, { limit: 1 }),
    ).rejects.toMatchObject(unknown);
    expect(await readCase(scoped, { entrust_id: "T-2" })).toMatchObject({ folders: 1, files: 2 });
    expect(await readCase(scoped, { suit_id: "t" })).toMatchObject({ folders: 1, files: 2 });
    expect(await readCase(ledger, { suit_id: "t" })).toMatchObject({ folders: 3, files: 7 });
    const { items } = await listCases(scoped, { limit: 100 });
    expect(items).toMatchObject([{ entrust_id: "T-2", imports: { total: 1 } }]);
  });

  test("that nothing names are unknown, and cursors that no list gave are refused", async () => {
    const unknown = { code: "NOT_FOUND" };
    await expect(readCase(ledger, { entrust_id: "no" })).rejects.toMatchObject(unknown);
    await expect(readCase(ledger, { suit_id: "no" })).rejects.toMatchObject(unknown);
    await expect(listCaseFolders(ledger, { entrust_id: "no" }, { limit: 1 })).rejects.toMatchObject(
      unknown,
    );
    for (const after of ["", "AA", "no cursor"]) {
      await expect(listCases(ledger, { limit: 1, after })).rejects.toMatchObject({
        code: "REQUEST_INVALID",
      });
    }
  });
});
