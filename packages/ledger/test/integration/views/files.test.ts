import { createHash } from "node:crypto";
import { everything, type FileState } from "@exhibit/contracts";
import { ledgerKinds } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addUnsendable,
  createImport,
  type FileQuery,
  findFiles,
  finishPlanning,
  finishShard,
  type Ledger,
  ledgerWithin,
  listFiles,
  listTree,
  openShard,
  readFile,
  recordIncidents,
  recordOldDigests,
  recordOutcomes,
  reopenImport,
  waiveFiles,
} from "../../../src/index.ts";
import { addShard } from "../../add-shard.ts";
import { filesOf, folderOf, planned, stored, type Three, troubled } from "../../imports.ts";

const by = { who: "wang", why: "gone" };
const digestOf = (text: string) => createHash("sha256").update(text).digest();

/** Creates an import of two folders, whose paths are these; of the first, all but the last are stored. */
async function withPaths(ledger: Ledger, entrustId: string, paths: string[]) {
  const { importId, folderIds } = await createImport(ledger, {
    entrust_id: entrustId,
    suit_ids: [],
    folders: [folderOf("/a"), folderOf("/b")],
  });
  const [first, second] = folderIds as [number, number];
  const planned = paths.map((path) => ({ path, size: 1, modifiedAt: 1 }));
  const shard = await addShard(ledger, { id: first }, planned);
  const shardId = shard?.shardId ?? 0;
  await addUnsendable(ledger, { id: second }, [
    { state: "failed", path: "z/broken", code: "NAME_INVALID", message: "no" },
    { state: "skipped", path: "z/link", as: "symlink" },
  ]);
  for (const id of [first, second]) await finishPlanning(ledger, id);
  const open = (await filesOf(ledger, shardId)).toSorted((a, b) => (a.path < b.path ? -1 : 1));
  const receipts = open.map((file) => ({ ...stored(file), sha256: digestOf(file.path) }));
  await recordOutcomes(ledger, first, receipts.slice(0, -1), []);
  return { importId, first, second, shardId, last: receipts.at(-1) };
}

describe.each(Object.entries(ledgerKinds))("Files in the ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  async function pathsOf(importId: string, query: Partial<FileQuery>, limit = 2) {
    const found: string[] = [];
    for (let after: string | undefined, page = 0; page === 0 || after; page += 1) {
      const { items, next } = await listFiles(ledger, importId, { ...query, limit, after });
      found.push(...items.map(({ path }) => path));
      after = next ?? undefined;
    }
    return found;
  }

  test("are narrowed by how a path begins, by a part of it, and begin where they are told to", async () => {
    const paths = [
      "./b\\xff/x",
      "a",
      "b/1",
      "b/A_%b",
      "b/借款/1",
      "b/借款/2",
      "b0",
      "b\u{10ffff}",
      "c",
    ];
    const { importId, first } = await withPaths(ledger, "E-1", paths);
    // Names that aren't UTF-8 are known as they are shown.
    expect(await pathsOf(importId, { prefix: "b/" })).toEqual(paths.slice(2, 6));
    expect(await pathsOf(importId, { prefix: "b" })).toEqual(["b\\xff/x", ...paths.slice(2, 8)]);
    expect(await pathsOf(importId, { prefix: "b\\xff" })).toEqual(["b\\xff/x"]);
    expect(await pathsOf(importId, { prefix: "b\u{10ffff}" })).toEqual(["b\u{10ffff}"]);
    expect(await pathsOf(importId, { prefix: "b/借款/" })).toEqual(["b/借款/1", "b/借款/2"]);
    expect(await pathsOf(importId, { prefix: "./" })).toEqual([]);
    expect(await pathsOf(importId, { prefix: "b/借款/", state: ["failed"] })).toEqual([]);
    expect(await pathsOf(importId, { q: "a_%B" })).toEqual(["b/A_%b"]);
    expect(await pathsOf(importId, { q: "款/", start: "b/借款/11" })).toEqual(["b/借款/2"]);
    expect(await pathsOf(importId, { q: "none" })).toEqual([]);
    expect(await pathsOf(importId, { start: "b0", folder_id: String(first) })).toEqual(
      paths.slice(6),
    );
    expect(await pathsOf(importId, { start: "b0" })).toEqual([
      ...paths.slice(6),
      "z/broken",
      "z/link",
    ]);
  });

  test("in states that nobody has aren't searched for; of others, the last one ends the search", async () => {
    const { importId } = await withPaths(ledger, "E-1", ["a", "b", "c", "d"]);
    const states = async (...state: FileState[]) => [
      await pathsOf(importId, { state }, 1),
      await pathsOf(importId, { state }, 100),
    ];
    const same = (paths: string[]) => [paths, paths];
    expect(await states("stored")).toEqual(same(["a", "b", "c"]));
    expect(await states("planned")).toEqual(same(["d"]));
    expect(await states("skipped")).toEqual(same(["z/link"]));
    expect(await states("identical")).toEqual(same([]));
    expect(await states("planned", "failed", "failed")).toEqual(same(["d", "z/broken"]));
    await waiveFiles(ledger, importId, {}, by);
    expect(await states("failed")).toEqual(same([]));
    expect(await states("waived")).toEqual(same(["z/broken"]));
    // A folder that counts nothing of a state isn't read: the row itself says otherwise here.
    await sql`update files set state = 'identical' where path = 'a' and folder_id in
      (select id from folders where import_id = ${importId})`.execute(ledger.db);
    expect(await states("identical")).toEqual(same([]));
  });

  test("are found by their bytes, while their shard is being stored and afterwards", async () => {
    const name = crypto.randomUUID();
    const mine = await withPaths(ledger, "E-mine", [`${name}-1`, `${name}-2`]);
    const theirs = await withPaths(ledger, "E-theirs", [`${name}-1`, `${name}-2`]);
    const find = async (path: string, of: Ledger = ledger, limit = 10) => {
      const sha256 = digestOf(path).toString("hex");
      const { items, next } = await findFiles(of, { sha256, limit });
      const rest = next === null ? [] : (await findFiles(of, { sha256, limit, after: next })).items;
      return [...items, ...rest].map((item) => item.import_id);
    };
    const both = [mine.importId, theirs.importId];
    const within = ledgerWithin(ledger, { ...everything, entrust_ids: ["E-mine"] });
    expect(await find(`${name}-1`)).toEqual(both);
    expect(await find(`${name}-1`, within)).toEqual([mine.importId]);
    expect(await find(`${name}-2`)).toEqual([]);

    for (const { first, last, shardId } of [mine, theirs]) {
      if (last !== undefined) await recordOutcomes(ledger, first, [last], []);
      await finishShard(ledger, shardId);
    }
    expect(await find(`${name}-2`)).toEqual(both);
    expect(await find(`${name}-1`, ledger, 1)).toEqual(both);
    expect(await find(`${name}-3`)).toEqual([]);
    const { items } = await findFiles(within, {
      sha256: digestOf(`${name}-2`).toString("hex"),
      limit: 9,
    });
    expect(items).toMatchObject([
      {
        ...{ path: `${name}-2`, state: "stored", entrust_id: "E-mine", vendor: "kongur" },
        ...{ folder: { suit_id: "1001" }, import_status: "storing" },
      },
    ]);
    await expect(
      findFiles(ledger, { sha256: "00".repeat(32), limit: 1, after: "x" }),
    ).rejects.toMatchObject({ code: "REQUEST_INVALID" });

    // The list of one import takes them, too.
    const sha256 = digestOf(`${name}-2`).toString("hex");
    expect(await pathsOf(mine.importId, { sha256 })).toEqual([`${name}-2`]);
    expect(await pathsOf(mine.importId, { sha256, state: ["failed"] })).toEqual([]);
  });

  test("of a shard that an earlier release finished are found, before its digests are made and after", async () => {
    const path = crypto.randomUUID();
    const { importId, first, shardId, last } = await withPaths(ledger, "E-1", [path]);
    if (last !== undefined) await recordOutcomes(ledger, first, [last], []);
    await finishShard(ledger, shardId);
    const heads = () =>
      ledger.db
        .selectFrom("shard_digests")
        .select("heads")
        .where("shard_id", "=", shardId)
        .executeTakeFirst();
    const made = await heads();
    expect(made?.heads).toEqual([digestOf(path).readInt32BE()]);
    await ledger.db.deleteFrom("shard_digests").execute();
    const find = () => findFiles(ledger, { sha256: digestOf(path).toString("hex"), limit: 9 });
    expect((await find()).items).toMatchObject([{ import_id: importId }]);
    expect(await heads()).toBeUndefined();
    while (await recordOldDigests(ledger, 1));
    expect(await heads()).toEqual(made);
    expect((await find()).items).toMatchObject([{ import_id: importId }]);
    // Only by what is kept of its shard.
    await ledger.db.updateTable("shard_digests").set({ heads: [] }).execute();
    expect((await find()).items).toEqual([]);
  });

  test("that a retry has stored are found, too", async () => {
    const { importId, folder, shardId, second, third } = await troubled(ledger);
    await reopenImport(ledger, importId, {}, by);
    await openShard(ledger, shardId);
    const sha256 = digestOf(importId);
    const sha256s = { sha256: sha256.toString("hex"), limit: 9 };
    await recordOutcomes(ledger, folder.id, [{ ...stored(second), sha256 }, stored(third)], []);
    expect((await findFiles(ledger, sha256s)).items).toMatchObject([{ import_id: importId }]);
    await finishShard(ledger, shardId);
    expect((await findFiles(ledger, sha256s)).items).toMatchObject([{ import_id: importId }]);
  });

  test("lie in a tree, of which one level is counted at a time", async () => {
    const paths = ["./c\\xff/x", "a", "b/1", "b/c/2", "b/c/d/3", "b/é/4", "b0/5", "c/6"];
    const { importId, first, second } = await withPaths(ledger, "E-1", paths);
    const level = (prefix?: string, more: object = {}) =>
      listTree(ledger, importId, String(first), { prefix, limit: 10, ...more });
    const folder = (name: string, prefix: string, entries: number) => ({
      ...{ name, prefix, entries, failed: 0 },
    });
    const top = [
      folder("b", "b/", 4),
      folder("b0", "b0/", 1),
      folder("c", "c/", 1),
      folder("c\\xff", "c\\xff/", 1),
    ];
    expect(await level()).toEqual({ items: top, next: null, direct: { entries: 1, failed: 0 } });
    expect(await level("b/")).toEqual({
      items: [folder("c", "b/c/", 2), folder("é", "b/é/", 1)],
      next: null,
      direct: { entries: 1, failed: 0 },
    });
    expect(await level("c\\xff/")).toMatchObject({ items: [], direct: { entries: 1 } });
    expect(await level("none/")).toEqual({
      items: [],
      next: null,
      direct: { entries: 0, failed: 0 },
    });
    const page = await level(undefined, { limit: 2 });
    expect(page).toMatchObject({ items: top.slice(0, 2), next: "b0" });
    expect(await level(undefined, { limit: 2, after: "b0" })).toMatchObject({
      items: top.slice(2),
      next: null,
    });
    expect(await listTree(ledger, importId, String(second), { limit: 1 })).toMatchObject({
      items: [{ name: "z", entries: 2, failed: 1 }],
    });
    const other = await planned(ledger, 1);
    for (const id of [String(other.folder.id), "x"]) {
      await expect(listTree(ledger, importId, id, { limit: 1 })).rejects.toMatchObject({
        code: "NOT_FOUND",
        message: `There is no folder ${id} in import ${importId}.`,
      });
    }
  });

  test("have all that is known of one of them in one place", async () => {
    const { importId, folder, shardId } = await planned(ledger, 3);
    const shard = await openShard(ledger, shardId, "4bf92f3577b34da6a3ce929d0e0e4736");
    const [first, second] = (shard?.files ?? []) as unknown as Three;
    const at = new Date("2026-11-23T10:00:00Z");
    const noted = { at, code: "DIGEST_MISMATCH", message: "not ours" } as const;
    await recordIncidents(ledger, folder.id, [
      { ...noted, fileId: first.id },
      { ...noted, fileId: second.id },
    ]);
    const failed = { state: "failed", code: "SOURCE_IO", message: "EIO" } as const;
    await recordOutcomes(ledger, folder.id, [stored(first)], [{ ...failed, fileId: second.id }]);
    expect(await readFile(ledger, importId, String(first.id))).toMatchObject({
      ...{ import_id: importId, vendor: "kongur", folder: { suit_id: "1001" } },
      ...{ path: first.path, key: `kongur/${first.path}`, lease_id: "L", bucket: "evidence" },
      source: { type: "directory", path: "/evidence/1001" },
      shard: {
        ...{ shard_id: String(shardId), number: 1, state: "open", runs: 1 },
        ...{ job_id: `store-${shardId}`, trace_id: "4bf92f3577b34da6a3ce929d0e0e4736" },
      },
      incidents: [{ code: "DIGEST_MISMATCH", file_id: String(first.id) }],
      acts: [],
    });
    await waiveFiles(ledger, importId, { file_ids: [String(second.id)] }, by);
    expect(await readFile(ledger, importId, String(second.id))).toMatchObject({
      state: "waived",
      incidents: [{ file_id: String(second.id) }],
      acts: [{ what: "waive", who: "wang", file_id: String(second.id) }],
    });
    const other = await troubled(ledger);
    for (const id of [String(other.first.id), "999999999", "x"]) {
      await expect(readFile(ledger, importId, id)).rejects.toMatchObject({
        code: "NOT_FOUND",
        message: `There is no file ${id} in import ${importId}.`,
      });
    }
  });
});
