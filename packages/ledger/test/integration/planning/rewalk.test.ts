import type { FileView } from "@exhibit/contracts";
import { ledgerKinds, testSealer } from "@exhibit/ledger/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addUnsendable,
  cancelImport,
  createImport,
  finishPlanning,
  finishShard,
  forgetWalkedFolders,
  type Ledger,
  listAwaitingRewalk,
  listFiles,
  openShard,
  type PlannedFile,
  readImport,
  recordOutcomes,
  reopenImport,
  sealImport,
  type UnsendableEntry,
  waiveFiles,
} from "../../../src/index.ts";
import { addShard } from "../../add-shard.ts";
import { stored } from "../../imports.ts";

const NFC = "caf\u00e9.pdf";
const NFD = "cafe\u0301.pdf";

const planned = (path: string, size = 5): PlannedFile => {
  const normal = path.normalize("NFC");
  return { path, size, modifiedAt: 1, ...(normal === path ? {} : { normal }) };
};

const failed = (path: string, code: "NAME_INVALID" | "SOURCE_UNREADABLE"): UnsendableEntry => ({
  state: "failed",
  path,
  code,
  message: `${path} is ${code}.`,
});

describe.each(Object.entries(ledgerKinds))("A rewalk in the ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  async function begin() {
    const { importId, folderIds } = await createImport(ledger, {
      suit_ids: [],
      folders: [
        { vendor: "kongur", folder: {}, source: { type: "directory", path: "/evidence/1001" } },
      ],
    });
    return { importId, folder: { id: folderIds[0] as number, import_id: importId } };
  }

  async function filesOf(importId: string): Promise<Record<string, string>> {
    const { items } = await listFiles(ledger, importId, { limit: 100 });
    const what = ({ state, error, skipped_as }: FileView) => error?.code ?? skipped_as ?? state;
    return Object.fromEntries(items.map((file) => [file.path, what(file)]));
  }

  /** Stores all planned files of a shard. */
  async function store(shard: { shardId: number } | undefined, folderId: number): Promise<void> {
    const opened = await openShard(ledger, shard?.shardId ?? 0);
    const receipts = (opened?.files ?? []).map((file) => stored(file));
    await recordOutcomes(ledger, folderId, receipts, []);
    await finishShard(ledger, shard?.shardId ?? 0);
  }

  test("keeps what couldn't be planned on record until it is met, whatever becomes of it", async () => {
    const { importId, folder } = await begin();
    const names = ["fixed", "still", "link", "gone", "folder"];
    await addUnsendable(
      ledger,
      folder,
      names.map((path) => failed(path, "SOURCE_UNREADABLE")),
    );
    await finishPlanning(ledger, folder.id);
    await reopenImport(ledger, importId);
    expect(await readImport(ledger, importId)).toMatchObject({ files: 5, planned: 5, failed: 0 });

    const shard = await addShard(ledger, folder, [planned("in/folder", 7), planned("fixed", 11)]);
    await addUnsendable(ledger, folder, [
      failed("still", "SOURCE_UNREADABLE"),
      { state: "skipped", path: "link", as: "symlink" },
    ]);
    const page = { after: "", limit: 10 };
    expect(await listAwaitingRewalk(ledger, folder.id, page)).toEqual(["folder", "gone"]);
    await forgetWalkedFolders(ledger, folder.id, ["folder"]);
    await finishPlanning(ledger, folder.id);
    await store(shard, folder.id);
    expect(await sealImport(ledger, importId, testSealer)).toBe("attention");
    expect(await filesOf(importId)).toEqual({
      fixed: "stored",
      gone: "SOURCE_NOT_FOUND",
      "in/folder": "stored",
      link: "symlink",
      still: "SOURCE_UNREADABLE",
    });
    expect(await readImport(ledger, importId)).toMatchObject({
      ...{ files: 4, bytes: 18, stored: 2, failed: 2, skipped: 1 },
    });
  });

  test("keeps how many files a failed folder stands for, or that nobody knows", async () => {
    const { importId, folder } = await begin();
    const entry = failed("named badly", "NAME_INVALID");
    await addUnsendable(ledger, folder, [
      { ...entry, folder: { files: 1204 } } as UnsendableEntry,
      failed("file", "NAME_INVALID"),
      { ...failed("closed", "SOURCE_UNREADABLE"), folder: { files: null } } as UnsendableEntry,
    ]);
    const known = async () =>
      Object.fromEntries(
        (await listFiles(ledger, importId, { limit: 10 })).items.map((file) => [
          file.path,
          [file.is_folder, file.stands_for],
        ]),
      );
    expect(await known()).toEqual({
      "named badly": [true, 1204],
      file: [false, null],
      closed: [true, null],
    });
    expect((await readImport(ledger, importId)).errors).toMatchObject([
      { code: "NAME_INVALID", files: 2, folders: 1, stands_for: 1204 },
      { code: "SOURCE_UNREADABLE", files: 1, folders: 1, stands_for: null },
    ]);

    await finishPlanning(ledger, folder.id);
    await reopenImport(ledger, importId);
    await addShard(ledger, folder, [planned("closed")]);
    await addUnsendable(ledger, folder, [{ ...entry, folder: { files: 7 } } as UnsendableEntry]);
    expect(await known()).toMatchObject({ "named badly": [true, 7], closed: [false, null] });
  });

  test("says once what was wrong before with what is gone, which may then be waived", async () => {
    const { importId, folder } = await begin();
    await addUnsendable(ledger, folder, [failed("./\\xff", "NAME_INVALID")]);
    await finishPlanning(ledger, folder.id);
    for (const _ of [1, 2]) {
      await reopenImport(ledger, importId);
      await finishPlanning(ledger, folder.id);
      await sealImport(ledger, importId, testSealer);
      expect((await listFiles(ledger, importId, { limit: 1 })).items[0]?.error).toMatchObject({
        code: "SOURCE_NOT_FOUND",
        message:
          "\\xff wasn't there any more when the source was walked again. Before: ./\\xff is NAME_INVALID.",
      });
    }
    await waiveFiles(ledger, importId, {}, { who: "a", why: "renamed" });
    expect(await sealImport(ledger, importId, testSealer)).toBe("sealed");
  });

  test("changes nothing when the source can't be walked or the import is cancelled", async () => {
    const { importId, folder } = await begin();
    await addUnsendable(ledger, folder, [failed("a", "NAME_INVALID")]);
    await finishPlanning(ledger, folder.id);
    await reopenImport(ledger, importId);
    const { ExhibitError } = await import("@exhibit/contracts");
    await finishPlanning(ledger, folder.id, new ExhibitError("SOURCE_IO", "The disk is away."));
    await sealImport(ledger, importId, testSealer);
    expect(await filesOf(importId)).toEqual({ a: "NAME_INVALID" });
    await reopenImport(ledger, importId);
    await cancelImport(ledger, importId);
    expect(await filesOf(importId)).toEqual({ a: "NAME_INVALID" });
    expect(await readImport(ledger, importId)).toMatchObject({ files: 1, planned: 1, failed: 0 });
  });

  test("gives a key to one of the files whose names normalise to it, in whatever order they come", async () => {
    for (const [first, second] of [
      [[NFC], [NFD]],
      [[NFD], [NFC]],
      [[NFD, NFC, "other"], []],
    ] as const) {
      const { importId, folder } = await begin();
      await addShard(
        ledger,
        folder,
        first.map((path) => planned(path)),
      );
      if (second.length > 0) {
        const late = second.map((path) => planned(path));
        expect(await addShard(ledger, folder, late)).toBeUndefined();
      }
      const collision = first.length > 1 ? NFD : second[0];
      const states = await filesOf(importId);
      expect(states[collision as string]).toBe("KEY_TAKEN");
      expect(Object.values(states).filter((state) => state === "KEY_TAKEN")).toHaveLength(1);
      const { items } = await listFiles(ledger, importId, { limit: 10, state: ["failed"] });
      expect(items[0]?.error?.message).toContain(collision === NFD ? NFC : NFD);
      expect(items[0]?.error?.message).toMatch(/U\+0065 U\+0301.*U\+00E9|U\+00E9.*U\+0065 U\+0301/);
    }
  });

  test("keeps key collisions apart after a retry, whatever became of the key's owner", async () => {
    const { importId, folder } = await begin();
    const shard = await addShard(ledger, folder, [planned(NFC)]);
    await addShard(ledger, folder, [planned(NFD)]);
    await finishPlanning(ledger, folder.id);
    const [owner] = (await openShard(ledger, shard?.shardId ?? 0))?.files ?? [];
    const gone = { state: "failed", code: "SOURCE_NOT_FOUND", message: "It isn't there." } as const;
    await recordOutcomes(ledger, folder.id, [], [{ fileId: owner?.id ?? 0, ...gone }]);
    await finishShard(ledger, shard?.shardId ?? 0);
    await waiveFiles(ledger, importId, { code: "SOURCE_NOT_FOUND" }, { who: "a", why: "gone" });
    await reopenImport(ledger, importId, { code: "KEY_TAKEN" });
    expect(await addShard(ledger, folder, [planned(NFD)])).toBeUndefined();
    await finishPlanning(ledger, folder.id);
    expect(await filesOf(importId)).toEqual({ [NFC]: "SOURCE_NOT_FOUND", [NFD]: "KEY_TAKEN" });
  });

  test("sees no collision in names that differ in case, nor in files that a vendor opens one by one", async () => {
    const { importId, folder } = await begin();
    const paths = ["A.pdf", "a.pdf", "a.PDF"];
    await addShard(
      ledger,
      folder,
      paths.map((path) => planned(path)),
    );
    await addShard(ledger, folder, [
      { path: NFC, size: 1, modifiedAt: 1, slot: 1 },
      { path: NFD, size: 1, modifiedAt: 1, slot: 2 },
    ]);
    expect(Object.values(await filesOf(importId))).toEqual(Array(5).fill("planned"));
  });
});
