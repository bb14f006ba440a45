import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { ExhibitError, fileView } from "@exhibit/contracts";
import { createDatabase, ledgerKinds } from "@exhibit/ledger/testing";
import { startPostgres } from "@exhibit/testkit";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
  addUnsendable,
  cancelImport,
  closeShard,
  createImport,
  type FileQuery,
  findQuietImports,
  finishPlanning,
  finishShard,
  fixDestination,
  isSuspect,
  type Ledger,
  listAuditEvents,
  listFiles,
  listFolders,
  listImports,
  openPostgresLedger,
  openShard,
  openShards,
  readFinished,
  readFolder,
  readImport,
  readSlots,
  recordOutcomes,
  recordSending,
  reopenByJob,
  reopenImport,
  type ShardRow,
  type StoredFile,
  sealImport,
  type UnfinishedFile,
  waiveFiles,
} from "../../src/index.ts";
import { addShard } from "./add-shard.ts";

const folderOf = (path: string) => ({
  vendor: "kongur",
  folder: { suit_id: "1001" },
  source: { type: "directory" as const, path },
});

const files = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    path: `扫描/${index}.pdf`,
    size: 10 + index,
    modifiedAt: 1_700_000_000_000,
  }));

function stored(file: UnfinishedFile, state: "stored" | "identical" = "stored"): StoredFile {
  return {
    fileId: file.id,
    state,
    size: file.size,
    modifiedMs: file.modifiedMs ?? 5,
    key: `kongur/${file.path}`,
    sha256: new Uint8Array(32).fill(7),
    crc64: 2n ** 64n - 1n,
    etag: '"E"',
    requestId: "R",
    storedAt: new Date("2026-11-23T10:00:00Z"),
    leaseId: "L",
    endpoint: "https://oss",
    bucket: "evidence",
    versionId: undefined,
  };
}

test("A Postgres connection that breaks in the middle of a query fails that query, not the process", async () => {
  const database = await createDatabase();
  const wire = await startWire(database.url);
  const ledger = await openPostgresLedger(wire.url);
  const failed = expect(sql`select pg_sleep(60)`.execute(ledger.db)).rejects.toThrow();
  await wire.cut();
  await failed;
  // Another one that was idle broke with it: the pool may not have heard of that yet.
  await vi.waitFor(() => ledger.ping(), { timeout: 10_000 });
  await ledger.close();
  wire.close();
  await database.drop();
});

test("A Postgres that goes away is SERVICE_UNREACHABLE to every query until it is back; a wrong statement isn't", async () => {
  const postgres = await startPostgres();
  const ledger = await openPostgresLedger(postgres.url);
  const away = { code: "SERVICE_UNREACHABLE", message: expect.stringContaining("ledger") };
  const asleep = sql`select pg_sleep(60)`.execute(ledger.db);
  const inTransaction = ledger.db
    .transaction()
    .execute((tx) => sql`select pg_sleep(60)`.execute(tx));
  const interrupted = Promise.all(
    [asleep, inTransaction].map((query) => expect(query).rejects.toMatchObject(away)),
  );
  await expect
    .poll(async () => {
      const busy = sql<{
        n: number;
      }>`select count(*) as n from pg_stat_activity where query like '%pg_sleep%'`;
      return (await busy.execute(ledger.db)).rows[0]?.n;
    })
    .toBe(3);
  await postgres.kill();
  await interrupted;
  await expect(readImport(ledger, crypto.randomUUID())).rejects.toMatchObject(away);
  await postgres.up();
  await expect(readImport(ledger, crypto.randomUUID())).rejects.toMatchObject({
    code: "NOT_FOUND",
  });
  await expect(sql`select nothing`.execute(ledger.db)).rejects.toMatchObject({ code: "42703" });
  await ledger.close();
  await postgres.stop();
});

/** Stands between a client and Postgres, and can be cut. */
async function startWire(databaseUrl: string) {
  const url = new URL(databaseUrl);
  const port = Number(url.port);
  const sockets = new Set<Socket>();
  let asked = () => {};
  const isAsked = new Promise<void>((resolve) => {
    asked = resolve;
  });
  const server = createServer((client) => {
    const postgres = connect(port, url.hostname);
    for (const socket of [client, postgres]) sockets.add(socket.on("error", () => {}));
    client.on("data", (data) => data.includes("pg_sleep") && asked());
    client.pipe(postgres).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    /** Once the query is on its way. */
    async cut() {
      await isAsked;
      for (const socket of sockets) socket.resetAndDestroy();
    },
    close: () => server.close(),
  };
}

describe.each(Object.entries(ledgerKinds))("The ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;

  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  /** An import of one folder with one shard of this many files, whose source is still being walked. */
  async function walking(count: number) {
    const { importId, folderIds } = await createImport(ledger, {
      entrust_id: "E-77",
      suit_ids: ["1001"],
      folders: [folderOf("/evidence/1001")],
    });
    const folder = { id: folderIds[0] as number, import_id: importId };
    const shard = await addShard(ledger, folder, files(count));
    if (!shard) throw new Error("no shard");
    return { importId, folder, shardId: shard.shardId };
  }

  /** The same, planned to its end. */
  async function planned(count: number) {
    const begun = await walking(count);
    await finishPlanning(ledger, begun.folder.id);
    return begun;
  }

  test("keeps the slots of files, passes them to storing, and gives none twice", async () => {
    const { folder, shardId } = await walking(1);
    expect(await readSlots(ledger, folder.id)).toEqual(new Map());
    expect(await filesOf(shardId)).toMatchObject([{ slot: null }]);
    const [one, two] = [
      { path: "a.jpg", size: 1, modifiedAt: 1, slot: 1 },
      { path: "b.jpg", size: 1, modifiedAt: 1, slot: 2 },
    ];
    const added = await addShard(ledger, folder, [one, two]);
    expect(await readSlots(ledger, folder.id)).toEqual(
      new Map([
        ["a.jpg", 1],
        ["b.jpg", 2],
      ]),
    );
    expect(await filesOf(added?.shardId ?? 0)).toMatchObject([{ slot: 1 }, { slot: 2 }]);
    // A file that is there keeps what it has; another one can't have the same.
    expect(await addShard(ledger, folder, [{ ...one, slot: 3 }])).toBeUndefined();
    await expect(addShard(ledger, folder, [{ ...one, path: "c.jpg" }])).rejects.toThrow(/slot/);
    expect(await readSlots(ledger, folder.id)).toEqual(
      new Map([
        ["a.jpg", 1],
        ["b.jpg", 2],
      ]),
    );
  });

  async function filesOf(shardId: number): Promise<UnfinishedFile[]> {
    const shard = await openShard(ledger, shardId);
    return shard?.files ?? [];
  }

  test("counts what is planned, stored, identical and failed, and seals with the totals of the rows", async () => {
    const { importId, folder, shardId } = await planned(3);
    const [first, second, third] = (await filesOf(shardId)) as [
      UnfinishedFile,
      UnfinishedFile,
      UnfinishedFile,
    ];
    await recordOutcomes(
      ledger,
      folder.id,
      [stored(first), stored(second, "identical"), stored(third)],
      [],
    );
    expect(await finishShard(ledger, shardId)).toMatchObject({ state: "stored", complete: true });
    expect(await sealImport(ledger, importId)).toBe("sealed");
    expect(await readImport(ledger, importId)).toMatchObject({
      status: "sealed",
      files: 3,
      bytes: 33,
      planned: 0,
      stored: 2,
      stored_bytes: 22,
      identical: 1,
      identical_bytes: 11,
      failed: 0,
      errors: [],
    });
  });

  test("gives the receipt of a stored file", async () => {
    const { importId, folder, shardId } = await planned(1);
    const [file] = (await filesOf(shardId)) as [UnfinishedFile];
    await recordOutcomes(ledger, folder.id, [stored(file)], []);
    const { items } = await listFiles(ledger, importId, { limit: 10 });
    expect(items).toEqual([
      {
        file_id: String(file.id),
        folder_id: String(folder.id),
        trial: false,
        path: "扫描/0.pdf",
        raw_path: null,
        size: 10,
        modified_at: "2023-11-14T22:13:20.000Z",
        modified_ms: 1_700_000_000_000,
        state: "stored",
        is_folder: false,
        stands_for: null,
        endpoint: "https://oss",
        bucket: "evidence",
        version_id: null,
        worker: null,
        key: "kongur/扫描/0.pdf",
        sha256: "07".repeat(32),
        crc64: "18446744073709551615",
        etag: '"E"',
        request_id: "R",
        stored_at: "2026-11-23T10:00:00.000Z",
        lease_id: "L",
        skipped_as: null,
        error: null,
        waived_by: null,
        waived_why: null,
        waived_at: null,
      },
    ]);
  });

  test.each([
    ["the largest of NTFS, in the year 30828", 910_692_730_085_477, null],
    ["before the year 0", -62_167_219_200_001, null],
    ["the last that a date holds", 8.64e15, null],
    ["the last of the year 9999", 253_402_300_799_999, "9999-12-31T23:59:59.999Z"],
    ["before 1970", -1, "1969-12-31T23:59:59.999Z"],
  ])("lists a file whose time is %s", async (_, modifiedAt, shown) => {
    const { importId, folderIds } = await createImport(ledger, {
      suit_ids: [],
      folders: [folderOf("/evidence")],
    });
    const folder = await readFolder(ledger, folderIds[0] as number);
    const shard = await addShard(ledger, folder, [{ path: "odd", size: 1, modifiedAt }]);
    const [file] = (await filesOf(shard?.shardId as number)) as [UnfinishedFile];
    expect(file.modifiedMs).toBe(modifiedAt);
    await recordOutcomes(ledger, folder.id, [stored(file)], []);
    const { items } = await listFiles(ledger, importId, { limit: 10 });
    expect(items).toMatchObject([{ modified_at: shown, modified_ms: modifiedAt }]);
    expect(fileView.safeParse(items[0])).toMatchObject({ success: true });
  });

  test("counts an outcome once that arrives twice", async () => {
    const { importId, folder, shardId } = await planned(1);
    const [file] = (await filesOf(shardId)) as [UnfinishedFile];
    await recordOutcomes(ledger, folder.id, [stored(file)], []);
    await recordOutcomes(ledger, folder.id, [stored(file)], []);
    await recordOutcomes(
      ledger,
      folder.id,
      [],
      [{ fileId: file.id, state: "failed", code: "SOURCE_IO", message: "too late" }],
    );
    expect(await readImport(ledger, importId)).toMatchObject({ stored: 1, failed: 0 });
  });

  test("keeps a file planned, with its reason, that will be tried again", async () => {
    const { importId, folder, shardId } = await planned(1);
    const [file] = (await filesOf(shardId)) as [UnfinishedFile];
    await recordOutcomes(
      ledger,
      folder.id,
      [],
      [
        {
          fileId: file.id,
          state: "planned",
          code: "VENDOR_UNAVAILABLE",
          message: "kongur is down",
        },
      ],
    );
    expect(await finishShard(ledger, shardId)).toBeUndefined();
    expect(await sealImport(ledger, importId)).toBeUndefined();
    const view = await readImport(ledger, importId);
    expect(view).toMatchObject({
      planned: 1,
      failed: 0,
      errors: [{ code: "VENDOR_UNAVAILABLE", files: 1 }],
    });
    expect(await filesOf(shardId)).toHaveLength(1);
  });

  test("ends in attention with failed files, and a retry of their shard takes up only them", async () => {
    const { importId, folder, shardId } = await planned(3);
    const [first, second, third] = (await filesOf(shardId)) as [
      UnfinishedFile,
      UnfinishedFile,
      UnfinishedFile,
    ];
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
    expect(await sealImport(ledger, importId)).toBe("attention");

    await reopenByJob(ledger, { shardId });
    expect(await filesOf(shardId)).toMatchObject([
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
    expect(await sealImport(ledger, importId)).toBe("sealed");
    expect(await readImport(ledger, importId)).toMatchObject({ stored: 3, bytes: 10 + 1000 + 12 });
  });

  test("leaves a sealed import alone", async () => {
    const { importId, folder, shardId } = await planned(1);
    const [file] = (await filesOf(shardId)) as [UnfinishedFile];
    await recordOutcomes(ledger, folder.id, [stored(file)], []);
    await finishShard(ledger, shardId);
    await sealImport(ledger, importId);
    expect((await reopenByJob(ledger, { shardId })).shards).toEqual([]);
    expect(await openShard(ledger, shardId)).toBeUndefined();
    await expect(reopenImport(ledger, importId)).rejects.toMatchObject({ code: "STATE_CONFLICT" });
  });

  /** A shard of three files that is over: one stored, one SOURCE_IO, one VENDOR_REFUSED; its import rests. */
  async function troubled() {
    const begun = await planned(3);
    const { importId, folder, shardId } = begun;
    const [first, second, third] = (await filesOf(shardId)) as [
      UnfinishedFile,
      UnfinishedFile,
      UnfinishedFile,
    ];
    await recordOutcomes(
      ledger,
      folder.id,
      [stored(first)],
      [
        { fileId: second.id, state: "failed", code: "SOURCE_IO", message: "EIO" },
        { fileId: third.id, state: "failed", code: "VENDOR_REFUSED", message: "no" },
      ],
    );
    await finishShard(ledger, shardId);
    expect(await sealImport(ledger, importId)).toBe("attention");
    return { ...begun, first, second, third };
  }

  const actsOf = async (importId: string) =>
    (await listAuditEvents(ledger, importId, { limit: 100 })).items;

  test("opens a shard again for one class of failures, and for one file, and leaves the others failed", async () => {
    const { importId, folder, shardId, second, third } = await troubled();
    const byCode = await reopenImport(
      ledger,
      importId,
      { code: "VENDOR_REFUSED" },
      { who: "wang" },
    );
    expect(byCode).toMatchObject({ shards: [{ shardId, position: 1 }], folderIds: [], files: 1 });
    expect(await readImport(ledger, importId)).toMatchObject({
      status: "storing",
      planned: 1,
      failed: 1,
      finished_at: null,
    });
    expect(await filesOf(shardId)).toMatchObject([{ id: third.id }]);
    await recordOutcomes(ledger, folder.id, [stored(third)], []);
    expect(await finishShard(ledger, shardId)).toMatchObject({ state: "failed", complete: true });
    expect(await sealImport(ledger, importId)).toBe("attention");

    const file_ids = [String(second.id)];
    expect(await reopenImport(ledger, importId, { file_ids })).toMatchObject({ files: 1 });
    await recordOutcomes(ledger, folder.id, [stored(second)], []);
    await finishShard(ledger, shardId);
    expect(await sealImport(ledger, importId)).toBe("sealed");
    expect(await actsOf(importId)).toMatchObject([
      { what: "create", who: "api", why: null, files: null },
      { what: "retry", who: "wang", code: "VENDOR_REFUSED", file_id: null, files: 1 },
      { what: "retry", who: "api", code: null, file_id: file_ids[0], files: 1 },
    ]);
  });

  test("walks a folder again for one class of what couldn't be planned", async () => {
    const { importId, folder } = await walking(1);
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

  test("refuses to take up or give up what isn't there or hasn't failed, and says why", async () => {
    const { importId, first, second } = await troubled();
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
    // All that are named, or none.
    await expect(waiveFiles(ledger, importId, { file_ids: ids }, by)).rejects.toThrow("is stored");
    expect(await readImport(ledger, importId)).toMatchObject({ failed: 2, waived: 0 });
    expect(await actsOf(importId)).toHaveLength(1);
  });

  test("gives files up with who and why, and seals once no other failed", async () => {
    const { importId, second, third } = await troubled();
    const by = { who: "王芳", why: "The disk is gone.\0" };
    const one = { file_ids: [String(second.id)] };
    expect(await waiveFiles(ledger, importId, one, by)).toEqual({ complete: false });
    expect(await readImport(ledger, importId)).toMatchObject({
      status: "attention",
      failed: 1,
      waived: 1,
      errors: [{ code: "VENDOR_REFUSED", files: 1 }],
    });
    expect(await waiveFiles(ledger, importId, {}, by)).toEqual({ complete: true });
    // A bell that is lost here is rung again.
    const quiet = await findQuietImports(ledger, { quietForMs: 0 });
    expect(quiet).toContainEqual({ importId, complete: true, folderIds: [], shards: [] });
    expect(await sealImport(ledger, importId)).toBe("sealed");
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
    expect(await actsOf(importId)).toMatchObject([
      { what: "create" },
      { what: "waive", who: "王芳", file_id: one.file_ids[0], files: 1 },
      { what: "waive", who: "王芳", file_id: null, files: 1 },
    ]);
    await expect(waiveFiles(ledger, importId, {}, by)).rejects.toMatchObject({
      code: "STATE_CONFLICT",
      message: `Import ${importId} is sealed: there is nothing to waive.`,
    });
  });

  test("doesn't seal for waived files while a source couldn't be walked", async () => {
    const { importId, folder } = await walking(1);
    await addUnsendable(ledger, folder, [
      { state: "failed", path: "a", code: "NAME_INVALID", message: "not UTF-8" },
    ]);
    await finishPlanning(ledger, folder.id, new ExhibitError("SOURCE_IO", "EIO"));
    expect(await waiveFiles(ledger, importId, {}, { who: "w", why: "w" })).toEqual({
      complete: false,
    });
    expect(await readImport(ledger, importId)).toMatchObject({ failed: 0, waived: 1 });
  });

  test("cancels an import whatever it is doing; nothing of it is opened, planned or taken up any more", async () => {
    const { importId, folder, shardId } = await walking(2);
    const [file] = (await filesOf(shardId)) as [UnfinishedFile];
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
    // What was on its way when it was cancelled is on record, too.
    await recordOutcomes(ledger, folder.id, [stored(file)], []);
    expect(await readImport(ledger, importId)).toMatchObject({ stored: 1, planned: 1 });
    expect(await sealImport(ledger, importId)).toBeUndefined();
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
    expect(await actsOf(importId)).toMatchObject([
      { what: "create" },
      { what: "cancel", who: "wang", why: "the wrong case" },
    ]);
  });

  test("takes a shard's own retry for the act of the queue", async () => {
    const { importId, shardId } = await troubled();
    expect(await filesOf(shardId)).toEqual([]);
    expect(await reopenByJob(ledger, { shardId })).toMatchObject({ files: 2 });
    expect(await filesOf(shardId)).toHaveLength(2);
    expect((await actsOf(importId)).at(-1)).toMatchObject({
      what: "retry",
      who: "queue",
      files: 2,
    });
  });

  test("counts right when cancelling, retrying and giving up come all at once", async () => {
    const { importId } = await troubled();
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

  test("counts an import's turns from the shards that nobody has taken up yet", async () => {
    const { importId, folderIds } = await createImport(ledger, {
      suit_ids: [],
      folders: [folderOf("/evidence/turns")],
    });
    const own = { id: folderIds[0] as number, import_id: importId };
    const [first, second] = [
      await addShard(ledger, own, files(1)),
      await addShard(ledger, own, files(2)),
    ];
    expect([first?.position, second?.position]).toEqual([1, 2]);
    await openShard(ledger, first?.shardId as number);
    const third = await addShard(ledger, own, files(3));
    expect(third).toMatchObject({ position: 2 });

    const { value: rung } = await openShards(ledger, { importId }).next();
    expect(rung).toEqual([
      { shardId: first?.shardId, position: 1 },
      { shardId: second?.shardId, position: 1 },
      { shardId: third?.shardId, position: 2 },
    ]);
  });

  test("passes over files that it has when a source is walked again", async () => {
    const { importId, folderIds } = await createImport(ledger, {
      suit_ids: [],
      folders: [folderOf("/evidence/again")],
    });
    const own = { id: folderIds[0] as number, import_id: importId };
    await addShard(ledger, own, files(2));
    expect(await addShard(ledger, own, files(2))).toBeUndefined();
    expect(await addShard(ledger, own, files(3))).toMatchObject({ position: 2 });
    expect(await readImport(ledger, importId)).toMatchObject({
      files: 3,
      bytes: 33,
      status: "planning",
    });
  });

  test("records what isn't a file apart, and what can't be planned as failed; a retry walks that folder again", async () => {
    const { importId, folder } = await walking(1);
    await addUnsendable(ledger, folder, [
      { state: "skipped", path: "link", as: "symlink" },
      { state: "failed", path: "\\xff", code: "NAME_INVALID", message: "not UTF-8" },
    ]);
    expect(await readImport(ledger, importId)).toMatchObject({ files: 2, failed: 1, skipped: 1 });
    const { items } = await listFiles(ledger, importId, { limit: 10, state: ["skipped"] });
    expect(items).toMatchObject([{ path: "link", skipped_as: "symlink", error: null }]);

    await finishPlanning(ledger, folder.id);
    expect((await reopenImport(ledger, importId)).folderIds).toEqual([folder.id]);
    expect(await readImport(ledger, importId)).toMatchObject({
      status: "planning",
      files: 2,
      failed: 0,
      skipped: 1,
    });
  });

  test("takes the last of two folders for the end of planning", async () => {
    const { importId, folderIds } = await createImport(ledger, {
      suit_ids: [],
      folders: [folderOf("/evidence/a"), folderOf("/evidence/b")],
    });
    expect(await finishPlanning(ledger, folderIds[0] as number)).toEqual({
      importId,
      complete: false,
    });
    expect(await finishPlanning(ledger, folderIds[0] as number)).toBeUndefined();
    expect((await readImport(ledger, importId)).status).toBe("planning");
    expect(await finishPlanning(ledger, folderIds[1] as number)).toEqual({
      importId,
      complete: true,
    });
    expect(await sealImport(ledger, importId)).toBe("sealed");
  });

  test("tells exactly one of many shards that finish at once that nothing is open any more", async () => {
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
          (await filesOf(shardId)).map((file) => stored(file)),
          [],
        );
        return await finishShard(ledger, shardId);
      }),
    );
    expect(finished.filter((shard) => shard?.complete)).toHaveLength(1);
    expect(await readImport(ledger, importId)).toMatchObject({ stored: 8 });
  });

  test("tells how much of unfinished files has been sent, until their shard is done", async () => {
    const { importId, folder, shardId } = await planned(1);
    await recordSending(ledger, shardId, 5_000_000_000);
    expect(await readImport(ledger, importId)).toMatchObject({ sending_bytes: 5_000_000_000 });
    const [file] = (await filesOf(shardId)) as [UnfinishedFile];
    await recordOutcomes(ledger, folder.id, [stored(file)], []);
    await finishShard(ledger, shardId);
    await recordSending(ledger, shardId, 7);
    expect(await readImport(ledger, importId)).toMatchObject({ sending_bytes: 0 });
  });

  test("takes no files any more once a folder is planned to its end", async () => {
    const { importId, folder } = await planned(1);
    await expect(
      addShard(ledger, folder, [{ path: "late", size: 1, modifiedAt: 1 }]),
    ).rejects.toMatchObject({ code: "STATE_CONFLICT" });
    await expect(
      addUnsendable(ledger, folder, [{ state: "skipped", path: "late", as: "fifo" }]),
    ).rejects.toMatchObject({ code: "STATE_CONFLICT" });
    expect(await readImport(ledger, importId)).toMatchObject({ files: 1, skipped: 0 });
  });

  test("keeps sentences of others, whatever characters are in them", async () => {
    const { importId, folder, shardId } = await planned(1);
    const [file] = (await filesOf(shardId)) as [UnfinishedFile];
    await recordOutcomes(
      ledger,
      folder.id,
      [],
      [{ fileId: file.id, state: "failed", code: "VENDOR_REFUSED", message: "no\0pe 不行" }],
    );
    expect((await readImport(ledger, importId)).errors[0]?.message).toBe("nope 不行");
  });

  test("doesn't stop two workers that record the same files in another order", async () => {
    const { importId, folder, shardId } = await planned(64);
    const files = await filesOf(shardId);
    const outcomes = files.map((file) => stored(file));
    await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        recordOutcomes(ledger, folder.id, index % 2 ? outcomes : outcomes.toReversed(), []),
      ),
    );
    expect(await readImport(ledger, importId)).toMatchObject({ stored: 64, planned: 0 });
  });

  test("finds imports that have gone quiet, with all that is open in them", async () => {
    const { importId, shardId } = await planned(1);
    const quiet = await findQuietImports(ledger, { quietForMs: 0 });
    expect(quiet.find((work) => work.importId === importId)).toEqual({
      importId,
      complete: false,
      folderIds: [],
      shards: [{ shardId, position: 1 }],
    });
    expect(await findQuietImports(ledger, { quietForMs: 3_600_000 })).toEqual([]);
  });

  test("gives imports, folders and files in pages that miss nothing and repeat nothing", async () => {
    const { importId, folder } = await planned(25);
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

  test("gives the files of some states and of one code, in pages", async () => {
    const { importId, folder } = await walking(2);
    const aside = Array.from({ length: 25 }, (_, index) => ({
      state: "failed" as const,
      path: `x${String(index).padStart(2, "0")}`,
      code: index % 5 === 0 ? ("KEY_INVALID" as const) : ("NAME_INVALID" as const),
      message: "no",
    }));
    await addUnsendable(ledger, folder, [
      ...aside,
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
    expect(await list({ state: ["failed"] })).toEqual(aside.map(({ path }) => path));
    expect(await list({ state: ["skipped", "waived"] })).toEqual(["link"]);
    expect(await list({ state: ["planned", "skipped"] })).toHaveLength(3);
    expect(await list({ code: "SOURCE_IO" })).toEqual([]);
    expect(await list({ state: ["stored"], code: "KEY_INVALID" })).toEqual([]);
  });

  test("finds an import by how its id begins or ends", async () => {
    const { importId } = await walking(1);
    const find = async (id: string) =>
      (await listImports(ledger, { limit: 1000, id })).items.map(({ import_id }) => import_id);
    expect(await find(importId.slice(-8))).toEqual([importId]);
    expect(await find(importId.slice(-8).toUpperCase())).toEqual([importId]);
    expect(await find(importId.slice(0, 13))).toContain(importId);
    expect(await find(importId)).toEqual([importId]);
    expect(await find("ffffff")).not.toContain(importId);
    expect(await find(importId.slice(4, 14))).toEqual([]);
  });

  test("counts the runs of a shard whose worker died, until one ends in good order or files are done with", async () => {
    const { folder, shardId } = await walking(2);
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

  test("takes a failed shard up for a person, but not when its job only comes again", async () => {
    const { importId, folder, shardId } = await walking(1);
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
    const acts = async () =>
      (await listAuditEvents(ledger, importId, { limit: 10 })).items.map(
        ({ what, who }) => `${what} by ${who}`,
      );
    expect(await acts()).toEqual(["create by api"]);

    const { shards } = await reopenByJob(ledger, { shardId, jobStarts: 1 });
    expect(shards).toEqual([{ shardId, position: 1 }]);
    expect(await openShard(ledger, shardId)).toMatchObject({ files: [{ id: file.id }] });
    expect(await acts()).toEqual(["create by api", "retry by queue"]);
  });

  test("walks a folder again for a person, but not when its job only comes again", async () => {
    const { folder } = await walking(1);
    await finishPlanning(ledger, folder.id, new ExhibitError("SOURCE_IO", "EIO"), 1);
    const reopened = async (jobStarts: number) =>
      (await reopenByJob(ledger, { folderId: folder.id, jobStarts })).folderIds;
    expect(await reopened(2)).toEqual([]);
    expect(await reopened(1)).toEqual([folder.id]);
  });
});
