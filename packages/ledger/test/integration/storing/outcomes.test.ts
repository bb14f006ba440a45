import { fileView } from "@exhibit/contracts";
import { ledgerKinds, testSealer } from "@exhibit/ledger/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createImport,
  finishShard,
  type Ledger,
  listFiles,
  readFolder,
  readImport,
  recordOutcomes,
  recordSending,
  sealImport,
} from "../../../src/index.ts";
import { addShard } from "../../add-shard.ts";
import { filesOf, folderOf, type One, planned, stored, type Three } from "../../imports.ts";

describe.each(Object.entries(ledgerKinds))("Outcomes in the ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  test("are counted as stored, identical and failed, and the import is sealed with the totals of its rows", async () => {
    const { importId, folder, shardId } = await planned(ledger, 3);
    const [first, second, third] = await filesOf<Three>(ledger, shardId);
    await recordOutcomes(
      ledger,
      folder.id,
      [stored(first), stored(second, "identical"), stored(third)],
      [],
    );
    expect(await finishShard(ledger, shardId)).toMatchObject({ state: "stored", complete: true });
    expect(await sealImport(ledger, importId, testSealer)).toBe("sealed");
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

  test("of a stored file are its receipt", async () => {
    const { importId, folder, shardId } = await planned(ledger, 1);
    const [file] = await filesOf<One>(ledger, shardId);
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
        identical_by: null,
        retained_until: null,
        sm3: null,
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
  ])("are listed of a file whose time is %s", async (_, modifiedAt, shown) => {
    const { importId, folderIds } = await createImport(ledger, {
      suit_ids: [],
      folders: [folderOf("/evidence")],
    });
    const folder = await readFolder(ledger, folderIds[0] as number);
    const shard = await addShard(ledger, folder, [{ path: "odd", size: 1, modifiedAt }]);
    const [file] = await filesOf<One>(ledger, shard?.shardId as number);
    expect(file.modifiedMs).toBe(modifiedAt);
    await recordOutcomes(ledger, folder.id, [stored(file)], []);
    const { items } = await listFiles(ledger, importId, { limit: 10 });
    expect(items).toMatchObject([{ modified_at: shown, modified_ms: modifiedAt }]);
    expect(fileView.safeParse(items[0])).toMatchObject({ success: true });
  });

  test("count once when they arrive twice", async () => {
    const { importId, folder, shardId } = await planned(ledger, 1);
    const [file] = await filesOf<One>(ledger, shardId);
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

  test("keep a file planned, with its reason, that will be tried again", async () => {
    const { importId, folder, shardId } = await planned(ledger, 1);
    const [file] = await filesOf<One>(ledger, shardId);
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
    expect(await sealImport(ledger, importId, testSealer)).toBeUndefined();
    const view = await readImport(ledger, importId);
    expect(view).toMatchObject({
      planned: 1,
      failed: 0,
      errors: [{ code: "VENDOR_UNAVAILABLE", files: 1 }],
    });
    expect(await filesOf(ledger, shardId)).toHaveLength(1);
  });

  test("come after a count of bytes sent, which ends with the shard", async () => {
    const { importId, folder, shardId } = await planned(ledger, 1);
    await recordSending(ledger, shardId, 5_000_000_000);
    expect(await readImport(ledger, importId)).toMatchObject({ sending_bytes: 5_000_000_000 });
    const [file] = await filesOf<One>(ledger, shardId);
    await recordOutcomes(ledger, folder.id, [stored(file)], []);
    await finishShard(ledger, shardId);
    await recordSending(ledger, shardId, 7);
    expect(await readImport(ledger, importId)).toMatchObject({ sending_bytes: 0 });
  });

  test("keep foreign messages, whatever characters are in them", async () => {
    const { importId, folder, shardId } = await planned(ledger, 1);
    const [file] = await filesOf<One>(ledger, shardId);
    await recordOutcomes(
      ledger,
      folder.id,
      [],
      [{ fileId: file.id, state: "failed", code: "VENDOR_REFUSED", message: "no\0pe 不行" }],
    );
    expect((await readImport(ledger, importId)).errors[0]?.message).toBe("nope 不行");
  });

  test("don't deadlock when two workers record the same files in different orders", async () => {
    const { importId, folder, shardId } = await planned(ledger, 64);
    const files = await filesOf(ledger, shardId);
    const outcomes = files.map((file) => stored(file));
    await Promise.all(
      Array.from({ length: 8 }, (_, index) =>
        recordOutcomes(ledger, folder.id, index % 2 ? outcomes : outcomes.toReversed(), []),
      ),
    );
    expect(await readImport(ledger, importId)).toMatchObject({ stored: 64, planned: 0 });
  });
});
