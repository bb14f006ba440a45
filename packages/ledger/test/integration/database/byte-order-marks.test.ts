import { ledgerKinds } from "@exhibit/ledger/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  addUnsendable,
  createImport,
  type Ledger,
  listAuditEvents,
  listFiles,
  listFolders,
  listImports,
  openShard,
  pauseImport,
  readFolder,
  readImport,
} from "../../../src/index.ts";
import { addShard } from "../../add-shard.ts";

/** Puts before a text what is a byte order mark elsewhere. */
const marked = (text: string) => `\ufeff${text}`;

describe.each(Object.entries(ledgerKinds))("The ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  test("returns texts that begin with U+FEFF unchanged, in every view and list", async () => {
    const source = { type: "directory" as const, path: marked("/evidence") };
    const request = {
      entrust_id: marked("E-77"),
      suit_ids: [marked("1001"), "1001"],
      folders: [
        { vendor: marked("kongur"), folder: { [marked("suit_id")]: marked("1001") }, source },
      ],
    };
    const by = { who: marked("Wang"), why: marked("because") };
    const { importId, folderIds } = await createImport(ledger, request, by);
    const folder = { id: folderIds[0] as number };
    const file = { size: 1, modifiedAt: 1 };
    const shard = await addShard(ledger, folder, [
      { ...file, path: "a.pdf" },
      { ...file, path: marked("a.pdf") },
      { ...file, path: marked("cafe\u0301"), normal: marked("caf\u00e9") },
    ]);
    await addUnsendable(ledger, folder, [
      { state: "skipped", path: marked("link"), as: "symlink" },
      {
        ...{ state: "failed", path: marked(""), code: "SOURCE_IO" },
        message: marked(" can't be read."),
      },
    ]);
    await pauseImport(ledger, importId, by);

    const view = await readImport(ledger, importId);
    expect(view).toMatchObject({
      ...{ entrust_id: request.entrust_id, suit_ids: request.suit_ids, paused: by },
      errors: [{ message: marked(" can't be read.") }],
    });
    const query = { limit: 10, entrust_id: marked("E-77"), suit_id: marked("1001") };
    expect((await listImports(ledger, query)).items).toMatchObject([
      { entrust_id: request.entrust_id, paused: by },
    ]);
    const [wanted] = request.folders;
    expect((await listFolders(ledger, importId, { limit: 10 })).items).toMatchObject([wanted]);
    expect(await readFolder(ledger, folder.id)).toMatchObject({
      ...{ vendor: wanted?.vendor, selector: wanted?.folder, source },
    });
    expect((await listAuditEvents(ledger, importId, { limit: 10 })).items).toMatchObject([by, by]);

    const paths = ["a.pdf", marked(""), marked("a.pdf"), marked("cafe\u0301"), marked("link")];
    const { items } = await listFiles(ledger, importId, { limit: 10 });
    expect(items.map(({ path }) => path)).toEqual(paths);
    expect(items[1]?.error?.message).toBe(marked(" can't be read."));
    for (let index = 0, after: string | undefined; index < paths.length; index++) {
      const page = await listFiles(ledger, importId, { limit: 1, after });
      expect(page.items[0]?.path).toBe(paths[index]);
      after = page.next ?? undefined;
    }
    const opened = await openShard(ledger, shard?.shardId ?? 0);
    expect(opened?.files.map(({ path }) => path)).toEqual([
      ...["a.pdf", marked("a.pdf"), marked("cafe\u0301")],
    ]);
  });
});
