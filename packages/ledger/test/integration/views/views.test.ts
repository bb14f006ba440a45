import { ExhibitError } from "@exhibit/contracts";
import { ledgerKinds } from "@exhibit/ledger/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addUnsendable,
  createImport,
  type FileQuery,
  findQuietImports,
  finishPlanning,
  fixDestination,
  type Ledger,
  listFiles,
  listFolders,
  listImports,
  listSuits,
  readImport,
  recordOutcomes,
} from "../../../src/index.ts";
import { filesOf, folderOf, planned, type Three, walking } from "../../imports.ts";

describe.each(Object.entries(ledgerKinds))("Lists of the ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  test("have pages that miss nothing and repeat nothing", async () => {
    await planned(ledger, 1);
    const { importId, folder } = await planned(ledger, 25);
    await fixDestination(ledger, folder.id, {
      endpoint: "https://e",
      bucket: "b",
      prefix: "p/",
    });
    const paths: string[] = [];
    for (let after: string | undefined, page = 0; page === 0 || after; page += 1) {
      const { items, next } = await listFiles(ledger, importId, { limit: 10, after });
      paths.push(...items.map((item) => item.path));
      after = next ?? undefined;
    }
    expect(new Set(paths).size).toBe(25);
    expect(paths).toHaveLength(25);
    expect((await listFolders(ledger, importId, { limit: 10 })).items).toMatchObject([
      { bucket: "b", prefix: "p/" },
    ]);

    const first = await listImports(ledger, { limit: 1, suit_id: "1001", entrust_id: "E-77" });
    expect(first.items.map((item) => item.import_id)).toEqual([importId]);
    const second = await listImports(ledger, {
      limit: 1,
      suit_id: "1001",
      after: first.next ?? "",
    });
    expect(second.items[0]?.import_id).not.toBe(importId);
    await expect(listImports(ledger, { limit: 1, after: "nonsense" })).rejects.toMatchObject({
      code: "REQUEST_INVALID",
    });
    await expect(readImport(ledger, "nonsense")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("name the first hundred suits of an import and say how many there are; a list has all", async () => {
    const suit_ids = Array.from({ length: 250 }, (_, at) => `S-${at}`);
    const request = { entrust_id: "E-suits", suit_ids, folders: [folderOf("/evidence/1")] };
    const { importId } = await createImport(ledger, request);
    const shown = { suit_ids: suit_ids.slice(0, 100), suit_ids_total: 250 };
    expect(await readImport(ledger, importId)).toMatchObject(shown);
    const { items } = await listImports(ledger, { limit: 9, suit_id: "S-249" });
    expect(items).toMatchObject([{ import_id: importId, ...shown }]);

    const listed: string[] = [];
    for (let after: string | undefined, page = 0; page === 0 || after; page += 1) {
      const { items: suits, next } = await listSuits(ledger, importId, { limit: 100, after });
      listed.push(...suits);
      after = next ?? undefined;
    }
    expect(listed).toEqual(suit_ids);
    const whole = await listSuits(ledger, importId, { limit: 250 });
    expect(whole).toEqual({ items: suit_ids, next: null });
    await expect(listSuits(ledger, importId, { limit: 1, after: "-1" })).rejects.toMatchObject({
      code: "REQUEST_INVALID",
    });
    for (const unknown of ["nonsense", "0f8fad5b-d9cb-469f-a165-70867728950e"]) {
      await expect(listSuits(ledger, unknown, { limit: 1 })).rejects.toMatchObject({
        code: "NOT_FOUND",
      });
    }
  });

  test("of files are narrowed by states and code, in pages", async () => {
    const { importId, folder } = await walking(ledger, 2);
    const unsendable = Array.from({ length: 25 }, (_, index) => ({
      state: "failed" as const,
      path: `x${String(index).padStart(2, "0")}`,
      code: index % 5 === 0 ? ("KEY_INVALID" as const) : ("NAME_INVALID" as const),
      message: "no",
    }));
    await addUnsendable(ledger, folder, [
      ...unsendable,
      { state: "skipped", path: "link", as: "symlink" },
    ]);
    const list = async (query: Partial<FileQuery>) => {
      const found: string[] = [];
      for (let after: string | undefined, page = 0; page === 0 || after; page += 1) {
        const { items, next } = await listFiles(ledger, importId, { ...query, limit: 3, after });
        found.push(...items.map(({ path }) => path));
        after = next ?? undefined;
      }
      return found;
    };
    const ofKey = ["x00", "x05", "x10", "x15", "x20"];
    expect(await list({ code: "KEY_INVALID" })).toEqual(ofKey);
    expect(await list({ state: ["failed"], code: "KEY_INVALID" })).toEqual(ofKey);
    expect(await list({ state: ["failed"] })).toEqual(unsendable.map(({ path }) => path));
    expect(await list({ state: ["skipped", "waived"] })).toEqual(["link"]);
    expect(await list({ state: ["planned", "skipped"] })).toHaveLength(3);
    expect(await list({ code: "SOURCE_IO" })).toEqual([]);
    expect(await list({ state: ["stored"], code: "KEY_INVALID" })).toEqual([]);
  });

  test("of an import's errors tell who has to act, and whether a retry can help", async () => {
    const { importId, folder, shardId } = await walking(ledger, 3);
    await addUnsendable(ledger, folder, [
      { state: "failed", path: "long", code: "KEY_INVALID", message: "too long" },
    ]);
    const [first, second, third] = await filesOf<Three>(ledger, shardId);
    const code = "STORE_THROTTLED" as const;
    await recordOutcomes(
      ledger,
      folder.id,
      [],
      [
        { fileId: first.id, state: "planned", code, message: "slow down" },
        { fileId: second.id, state: "planned", code, message: "slow down" },
        { fileId: third.id, state: "failed", code: "SOURCE_IO", message: "EIO" },
      ],
    );
    await finishPlanning(ledger, folder.id, new ExhibitError("SOURCE_UNREADABLE", "no right"));
    expect((await readImport(ledger, importId)).errors).toMatchObject([
      { code, files: 2, failed: 0, waiting: 2, action: "wait", retry_helps: true },
      { code: "KEY_INVALID", files: 1, failed: 1, action: "change_file", retry_helps: false },
      { code: "SOURCE_IO", files: 1, failed: 1, waiting: 0, action: "mend", retry_helps: true },
      { code: "SOURCE_UNREADABLE", files: 0, failed: 0, action: "mend", retry_helps: true },
    ]);
  });

  test("of imports are narrowed by how an id begins or ends", async () => {
    const { importId } = await walking(ledger, 1);
    const find = async (id: string) =>
      (await listImports(ledger, { limit: 1000, id })).items.map(({ import_id }) => import_id);
    expect(await find(importId.slice(-8))).toEqual([importId]);
    expect(await find(importId.slice(-8).toUpperCase())).toEqual([importId]);
    expect(await find(importId.slice(0, 13))).toContain(importId);
    expect(await find(importId)).toEqual([importId]);
    expect(await find("ffffff")).not.toContain(importId);
    expect(await find(importId.slice(4, 14))).toEqual([]);
  });

  test("of quiet imports have all that is open in them", async () => {
    const { importId, shardId } = await planned(ledger, 1);
    const quiet = await findQuietImports(ledger, { quietForMs: 0 });
    expect(quiet.find((work) => work.importId === importId)).toEqual({
      priority: "normal",
      importId,
      complete: false,
      folderIds: [],
      shards: [{ shardId, position: 1, priority: "normal" }],
    });
    expect(await findQuietImports(ledger, { quietForMs: 3_600_000 })).toEqual([]);
  });
});
