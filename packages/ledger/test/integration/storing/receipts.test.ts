import { ledgerKinds } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createImport,
  isOnRecord,
  type Ledger,
  listFiles,
  type ObjectOnRecord,
  openShard,
  recordOutcomes,
  recordWorkerFacts,
  type StoredFile,
} from "../../../src/index.ts";
import { addShard } from "../../add-shard.ts";

const receipt = {
  state: "stored" as const,
  size: 1,
  modifiedMs: 1,
  sha256: new Uint8Array(32),
  etag: '"E"',
  requestId: "R",
  endpoint: "https://oss",
  bucket: "b",
  versionId: undefined,
  storedAt: new Date("2026-11-23T10:00:00.000Z"),
};

describe.each(Object.entries(ledgerKinds))("Receipts in the ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  async function opened(names: string[]) {
    const { importId, folderIds } = await createImport(ledger, {
      suit_ids: [],
      folders: [{ vendor: "kongur", folder: {}, source: { type: "directory", path: "/evidence" } }],
    });
    const id = folderIds[0] as number;
    const files = names.map((path) => {
      const normal = path.normalize("NFC");
      return { path, size: 1, modifiedAt: 1, ...(normal === path ? {} : { normal }) };
    });
    const shard = await addShard(ledger, { id }, files);
    const rows = (await openShard(ledger, shard?.shardId ?? 0))?.files ?? [];
    return { importId, folderId: id, idOf: new Map(rows.map((row) => [row.path, row.id])) };
  }

  /** Sets a folder's destination, as if a person had accepted it. */
  const toPlace = (folderId: number, prefix: string) =>
    ledger.db
      .updateTable("folders")
      .set({ endpoint: "https://oss", bucket: "b", prefix })
      .where("id", "=", folderId)
      .execute();

  async function receiptsOf(importId: string) {
    const { items } = await listFiles(ledger, importId, { limit: 100 });
    return items.map(({ key, lease_id, crc64 }) => [key, lease_id, crc64]);
  }

  test("return key, lease and CRC64 as they were recorded, whatever the key is made of", async () => {
    const { importId, folderId, idOf } = await opened(["a", "b/é", "c/e\u0301", "d", "e", "f"]);
    const record = async (path: string, key: string, leaseId: string, crc64: bigint) => {
      const fileId = idOf.get(path) ?? 0;
      await recordOutcomes(ledger, folderId, [{ ...receipt, fileId, key, leaseId, crc64 }], []);
    };
    // First before the destination is known, and then with the prefixes of two leases.
    await record("a", "suits/1/a", "L1", 0n);
    await toPlace(folderId, "suits/1/");
    await record("b/é", "suits/1/b/é", "L1", 2n ** 64n - 1n);
    await record("c/e\u0301", "suits/1/c/é", "L2", 2n ** 63n);
    await toPlace(folderId, "suits/2/");
    await record("d", "suits/2/d", "L3", 2n ** 63n - 1n);
    await record("e", "suits/2/another name", "L3", 1n);
    await record("f", "elsewhere/f", "L2", 2n);
    expect(await receiptsOf(importId)).toEqual([
      ["suits/1/a", "L1", "0"],
      ["suits/1/b/é", "L1", String(2n ** 64n - 1n)],
      ["suits/1/c/é", "L2", String(2n ** 63n)],
      ["suits/2/d", "L3", String(2n ** 63n - 1n)],
      ["suits/2/another name", "L3", "1"],
      ["elsewhere/f", "L2", "2"],
    ]);
  });

  test("have their own bucket, endpoint, version and worker, whatever becomes of the folder's", async () => {
    const { importId, folderId, idOf } = await opened(["a", "b", "c", "d"]);
    const facts = { host: "h", osUser: "u", version: "1.2.3", node: "24", openssl: "3.5" };
    const workers = [facts, { ...facts, host: "other" }, facts].map((each) =>
      recordWorkerFacts(ledger, each),
    );
    const [first = 0, second = 0, third] = await Promise.all(workers);
    expect(third).toBe(first);
    const record = async (path: string, by: number, more: Partial<StoredFile>) => {
      const row = { ...receipt, fileId: idOf.get(path) ?? 0, key: `p/${path}`, crc64: 1n };
      await recordOutcomes(ledger, folderId, [{ ...row, leaseId: "L5", ...more }], [], by);
    };
    await toPlace(folderId, "p/");
    await record("a", first, {});
    await record("b", first, { bucket: "b-2", versionId: "V2" });
    await record("c", second, { bucket: "b-2", endpoint: "https://oss-2" });
    // A receipt of an earlier release: the folder's place may have been overwritten since.
    await sql`
      with l as (insert into leases (id, prefix) values ('L0', 'p/') returning number)
      update files set state = 'stored', lease = l.number from l where files.id = ${idOf.get("d")}`.execute(
      ledger.db,
    );
    const { items } = await listFiles(ledger, importId, { limit: 100 });
    const worker = { host: "h", os_user: "u", version: "1.2.3" };
    const known = { key: expect.stringMatching(/^p\//), lease_id: "L5", version_id: null };
    expect(items).toMatchObject([
      { ...known, endpoint: "https://oss", bucket: "b", worker },
      { ...known, endpoint: "https://oss", bucket: "b-2", version_id: "V2", worker },
      { ...known, endpoint: "https://oss-2", bucket: "b-2", worker: { ...worker, host: "other" } },
      { ...known, lease_id: "L0", endpoint: null, bucket: null, worker: null },
    ]);
  });

  test("tell whether an object is on record, by all that makes it this very object", async () => {
    const { importId, folderId, idOf } = await opened(["a", "b", "c", "d/e\u0301", "f", "g"]);
    await toPlace(folderId, "suits/9/");
    const record = async (path: string, more: Partial<StoredFile>) => {
      const row = { ...receipt, fileId: idOf.get(path) ?? 0, key: `suits/9/${path}`, crc64: 1n };
      await recordOutcomes(ledger, folderId, [{ ...row, leaseId: "L9", ...more }], []);
    };
    await record("a", {});
    await record("b", { state: "identical", identicalBy: "download" });
    await record("c", { state: "identical", identicalBy: "crc64" });
    await record("d/e\u0301", { key: "suits/9/d/é" });
    await record("f", { state: "identical" });
    await record("g", { bucket: "b-2" });
    const isThere = (path: string, other: Partial<ObjectOnRecord> = {}) => {
      const { endpoint, bucket, etag, sha256 } = receipt;
      const object = { endpoint, bucket, etag, sha256, key: `suits/9/${path}`, ...other };
      return isOnRecord(ledger, object, path);
    };
    expect(await isThere("a")).toBe(true);
    expect(await isThere("b")).toBe(true);
    expect(await isThere("d/e\u0301", { key: "suits/9/d/é" })).toBe(true);
    // What was proved by its CRC64 alone proves nothing.
    expect(await isThere("c")).toBe(false);
    expect(await isThere("f")).toBe(false);
    // Its folder goes to this bucket, and it went to another.
    expect(await isThere("g")).toBe(false);
    const others: Partial<ObjectOnRecord>[] = [
      { endpoint: "https://oss-2" },
      { bucket: "b-2" },
      { key: "suits/9/b" },
      { key: "suits/8/a" },
      { etag: '"F"' },
      { sha256: new Uint8Array(32).fill(1) },
    ];
    for (const other of others) expect(await isThere("a", other)).toBe(false);
    const { items } = await listFiles(ledger, importId, { limit: 100 });
    expect(items.map((file) => file.identical_by)).toEqual([
      null,
      "download",
      "crc64",
      null,
      null,
      null,
    ]);
  });

  test("store what they have in common once, even if two processes do so at once", async () => {
    const { folderId, idOf } = await opened(["a", "b", "c", "d"]);
    await toPlace(folderId, "suits/3/");
    const record = (of: Ledger, path: string) => {
      const row = { ...receipt, fileId: idOf.get(path) ?? 0, key: `suits/3/${path}`, crc64: 1n };
      return recordOutcomes(of, folderId, [{ ...row, leaseId: "L4" }], []);
    };
    // Another Kysely on the same database has a cache of its own.
    const other: Ledger = {
      ...ledger,
      db: ledger.db.withPlugin({
        transformQuery: ({ node }) => node,
        transformResult: async ({ result }) => result,
      }),
    };
    await Promise.all([
      record(ledger, "a"),
      record(other, "b"),
      record(ledger, "c"),
      record(other, "d"),
    ]);
    const leases = await ledger.db
      .selectFrom("lease_uses")
      .selectAll()
      .where("id", "=", "L4")
      .execute();
    const place = { endpoint: "https://oss", bucket: "b", prefix: "suits/3/" };
    expect(leases).toMatchObject([{ ...place, vendor: "kongur", worker: null }]);
    const files = await ledger.db
      .selectFrom("files")
      .select(["key", "lease"])
      .where("folder_id", "=", folderId)
      .execute();
    expect(files).toEqual(files.map(() => ({ key: null, lease: leases[0]?.number })));
  });
});
