import { ExhibitError } from "@exhibit/contracts";
import { ledgerKinds, testSealer } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addUnsendable,
  cancelImport,
  createImport,
  finishPlanning,
  finishShard,
  groupErrors,
  groupFailures,
  type Ledger,
  listFiles,
  listFolders,
  recordOutcomes,
  reopenImport,
  sealImport,
  waiveFiles,
} from "../../../src/index.ts";
import { addShard } from "../../add-shard.ts";
import { files, filesOf, folderOf, planned, type Three, troubled, walking } from "../../imports.ts";

const by = { who: "wang", why: "gone" };

describe.each(Object.entries(ledgerKinds))("What failed in the ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  test("is grouped by code, by folder and by what messages have in common", async () => {
    const { importId, folderIds } = await createImport(ledger, {
      suit_ids: [],
      folders: [folderOf("/a"), folderOf("/b")],
    });
    const [a, b] = folderIds as [number, number];
    for (const folderId of [a, b]) {
      const shard = await addShard(ledger, { id: folderId }, files(3));
      const found = await filesOf<Three>(ledger, shard?.shardId ?? 0);
      const sentence = ({ path }: { path: string }, size: number) =>
        `${path} has changed: its size from ${size} to ${size + 1} bytes.`;
      await recordOutcomes(
        ledger,
        folderId,
        [],
        found.map((file, index) => ({
          fileId: file.id,
          ...(index < 2
            ? { state: "failed", code: "SOURCE_CHANGED", message: sentence(file, 10 + index) }
            : { state: "planned", code: "STORE_THROTTLED", message: "slow down" }),
        })),
      );
    }
    await finishPlanning(ledger, b, new ExhibitError("SOURCE_IO", "EIO"));
    const group = (query: Partial<Parameters<typeof groupErrors>[2]>) =>
      groupErrors(ledger, importId, { by: [], limit: 9, ...query });

    const byCode = await group({});
    expect(byCode).toMatchObject({ groups: 3, failed: 4, waiting: 2 });
    expect(byCode.items).toMatchObject([
      {
        ...{ code: "SOURCE_CHANGED", failed: 4, waiting: 0, sources: 0, imports: 1 },
        ...{ action: "decide", retry_helps: true, vendor: null, import: null, folder_id: null },
        samples: [
          { folder_id: String(a), path: expect.stringMatching(/^扫描\/[01]\.pdf$/) },
          { folder_id: String(b), path: expect.stringMatching(/^扫描\/[01]\.pdf$/) },
        ],
      },
      { code: "STORE_THROTTLED", failed: 0, waiting: 2, action: "wait" },
      { code: "SOURCE_IO", failed: 0, waiting: 0, sources: 1, action: "mend", samples: [] },
    ]);
    const { first_at, last_at } = byCode.items[0] ?? {};
    expect(Date.parse(first_at ?? "")).toBeLessThan(Date.parse(last_at ?? ""));

    const code = "SOURCE_CHANGED" as const;
    expect((await group({ by: ["code", "folder"], code })).items).toMatchObject([
      { folder_id: String(a), failed: 2, pattern: null },
      { folder_id: String(b), failed: 2 },
    ]);
    expect((await group({ by: ["message"], code })).items).toMatchObject([
      { pattern: "… has changed: its size from # to # bytes.", failed: 4 },
    ]);
    const ofFolder = await group({ by: ["vendor"], folder_id: String(a), limit: 1 });
    expect(ofFolder).toMatchObject({ groups: 2, items: [{ vendor: "kongur", failed: 2 }] });
    expect(await group({ since: last_at ?? "" })).toMatchObject({ failed: 2 });
    expect(await group({ since: "2100-01-01T00:00:00Z" })).toMatchObject({ groups: 0, items: [] });
    await expect(group({ folder_id: "x" })).rejects.toMatchObject({ code: "REQUEST_INVALID" });
  });

  test("over all imports is in those that can be acted on, and not what is waived", async () => {
    const [one, two, cancelled] = [
      await troubled(ledger),
      await troubled(ledger),
      await troubled(ledger),
    ];
    await cancelImport(ledger, cancelled.importId, by);
    await waiveFiles(ledger, two.importId, { code: "SOURCE_IO" }, by);
    const code = "SOURCE_IO" as const;
    const mine = async (query: Partial<Parameters<typeof groupFailures>[1]>) => {
      const found = await groupFailures(ledger, { by: ["import"], limit: 100, ...query });
      const ids = [one, two, cancelled].map(({ importId }) => importId);
      return found.items.filter((item) => ids.includes(item.import?.import_id ?? ""));
    };
    expect(await mine({ code })).toMatchObject([
      {
        ...{ code, failed: 1, imports: 1 },
        import: { import_id: one.importId, entrust_id: "E-77", status: "attention", paused: false },
      },
    ]);
    expect(await mine({ code: "VENDOR_REFUSED", vendor: "kongur" })).toHaveLength(2);
    expect(await mine({ code: "VENDOR_REFUSED", entrust_id: "E-78" })).toEqual([]);
    expect(await mine({ code: "VENDOR_REFUSED", vendor: "rex" })).toEqual([]);
    const groups = await groupFailures(ledger, {
      by: ["vendor"],
      code: "VENDOR_REFUSED",
      limit: 9,
    });
    expect(groups.items).toMatchObject([{ vendor: "kongur", failed: 2, imports: 2 }]);
  });

  test("includes an import whose totals are wrong, as long as no folder is asked for", async () => {
    const { importId, folder } = await troubled(ledger);
    await sql`update imports set failed = 3 where id = ${importId}`.execute(ledger.db);
    await sql`update imports set status = 'sealing' where id = ${importId}`.execute(ledger.db);
    await expect(sealImport(ledger, importId, testSealer)).rejects.toMatchObject({
      code: "TOTALS_WRONG",
    });
    const codes = async (query: object) =>
      (await groupErrors(ledger, importId, { by: ["vendor"], limit: 9, ...query })).items.map(
        (item) => [item.code, item.vendor, item.action],
      );
    expect(await codes({})).toContainEqual(["TOTALS_WRONG", null, "report"]);
    expect(await codes({ folder_id: String(folder.id) })).toHaveLength(2);
  });

  test("has the parts of its sentence and the time beside it, until it is retried", async () => {
    const { importId, folder, shardId } = await walking(ledger, 3);
    const [first, second, third] = await filesOf<Three>(ledger, shardId);
    const failed = { state: "failed", message: "no" } as const;
    const details = {
      path: "a path that the file has itself",
      sub_code: "isv.suit-closed",
      said: `closed\u001b\0${"x".repeat(1000)}`,
      size_before: 41_200,
    };
    await recordOutcomes(
      ledger,
      folder.id,
      [],
      [
        { ...failed, fileId: first.id, code: "VENDOR_REFUSED", details },
        { ...failed, fileId: second.id, code: "SOURCE_IO", details: { path: "x" } },
        { ...failed, fileId: third.id, code: "SOURCE_IO" },
      ],
    );
    await addUnsendable(ledger, folder, [
      { ...failed, path: "long", code: "KEY_INVALID", details: { bytes: 2000 } },
      { state: "skipped", path: "link", as: "symlink" },
    ]);
    await finishPlanning(
      ledger,
      folder.id,
      new ExhibitError("SOURCE_IO", "EIO", { details: { errno: "EIO" } }),
    );
    const errors = async () =>
      (await listFiles(ledger, importId, { limit: 9 })).items.map(({ path, error }) => [
        path,
        error?.details,
        typeof error?.at,
      ]);
    expect(await errors()).toEqual([
      ["link", undefined, "undefined"],
      ["long", { bytes: 2000 }, "string"],
      [
        first.path,
        {
          sub_code: "isv.suit-closed",
          said: expect.stringMatching(/^closed\\u\{1b\}\\u\{0\}x{490,500}$/),
          size_before: 41_200,
        },
        "string",
      ],
      [second.path, undefined, "string"],
      [third.path, undefined, "string"],
    ]);
    const folderError = async () =>
      (await listFolders(ledger, importId, { limit: 1 })).items[0]?.error;
    expect(await folderError()).toMatchObject({
      code: "SOURCE_IO",
      at: expect.any(String),
      details: { errno: "EIO" },
    });
    await finishShard(ledger, shardId);
    await reopenImport(ledger, importId, {}, by);
    expect(await folderError()).toBeNull();
    const { rows } =
      await sql`select from files where folder_id = ${folder.id} and shard_id is not null
      and (error_at is not null or error_details is not null)`.execute(ledger.db);
    expect(rows).toEqual([]);
    // What the walk doesn't find any more says what was wrong with it before.
    await finishPlanning(ledger, folder.id);
    expect((await errors())[1]).toEqual(["long", { code_before: "KEY_INVALID" }, "string"]);
  });

  test("says whose key a name would have", async () => {
    const { importId, folder } = await planned(ledger, 1).then(async ({ importId, folder }) => {
      await sql`update folders set planned = false where id = ${folder.id}`.execute(ledger.db);
      return { importId, folder };
    });
    const file = { size: 1, modifiedAt: 1, path: "e\u0301.pdf", normal: "é.pdf" };
    await addShard(ledger, folder, [{ ...file, path: "é.pdf", normal: undefined as never }]);
    await addShard(ledger, folder, [file]);
    const { items } = await listFiles(ledger, importId, { limit: 9, code: "KEY_TAKEN" });
    expect(items).toMatchObject([{ path: file.path, error: { details: { key_of: "é.pdf" } } }]);
  });
});
