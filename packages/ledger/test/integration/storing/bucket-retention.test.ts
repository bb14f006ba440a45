import type { BucketRetention } from "@exhibit/contracts";
import { ledgerKinds, testSealer } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  acceptDestination,
  createImport,
  finishShard,
  fixDestination,
  type Ledger,
  offerDestination,
  readFolder,
  readSealOf,
  recordOutcomes,
  recordRetention,
  sealedList,
  sealImport,
} from "../../../src/index.ts";
import { complete, filesOf, planned } from "../../imports.ts";

const here = { endpoint: "https://oss.example.com", bucket: "evidence", prefix: "suits/1001/" };
const there = { ...here, bucket: "elsewhere" };

describe.each(Object.entries(ledgerKinds))("What a bucket keeps, on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  const kept = async (folderId: number) => (await readFolder(ledger, folderId)).retention;
  const record = (folderId: number, retention: BucketRetention, bucket = here.bucket) =>
    recordRetention(ledger, folderId, bucket, retention);

  /** What `import.json` of a sealed import says of its folder. */
  async function sealedFolder(importId: string) {
    let text = "";
    for await (const line of sealedList(ledger, await readSealOf(ledger, importId), "import.json"))
      text += line;
    return JSON.parse(text).folders[0];
  }

  test("is what OSS said first, unless that was nothing, and only of the folder's own bucket", async () => {
    const { folder } = await planned(ledger, 1);
    await record(folder.id, "none");
    expect(await kept(folder.id)).toBeNull();
    await fixDestination(ledger, folder.id, here);
    await record(folder.id, "none", there.bucket);
    expect(await kept(folder.id)).toBeNull();
    await record(folder.id, "unknown");
    expect(await kept(folder.id)).toBe("unknown");
    await record(folder.id, "locked 3650 days");
    await record(folder.id, "none");
    expect(await kept(folder.id)).toBe("locked 3650 days");
  });

  test("is sealed, and doesn't change after that", async () => {
    const { importId, folder } = await complete(ledger, 2);
    await fixDestination(ledger, folder.id, here);
    await record(folder.id, "unknown");
    await sealImport(ledger, importId, testSealer);
    expect(await sealedFolder(importId)).toMatchObject({ ...here, retention: "unknown" });
    await record(folder.id, "locked 3650 days");
    expect(await sealedFolder(importId)).toMatchObject({ retention: "unknown" });
  });

  test("is absent where nobody asked, also after somebody would have", async () => {
    const { importId, folder } = await complete(ledger, 2);
    await fixDestination(ledger, folder.id, here);
    await sealImport(ledger, importId, testSealer);
    const before = await sealedFolder(importId);
    expect("retention" in before).toBe(false);
    await record(folder.id, "none");
    expect(await sealedFolder(importId)).toEqual(before);
  });

  test("is forgotten when the folder's files go to another bucket", async () => {
    const { importId, folder, shardId } = await planned(ledger, 1);
    await fixDestination(ledger, folder.id, here);
    await record(folder.id, "locked 3650 days");
    const [file] = await filesOf(ledger, shardId);
    const code = "DESTINATION_CHANGED" as const;
    await offerDestination(ledger, folder.id, there, { message: () => "moved", worker: null });
    await recordOutcomes(
      ledger,
      folder.id,
      [],
      [{ fileId: file?.id ?? 0, state: "failed", code, message: "moved" }],
    );
    await finishShard(ledger, shardId);
    await acceptDestination(ledger, importId, folder.id, { ...there, why: "it moved" }, "wang");
    expect(await kept(folder.id)).toBeNull();
    await record(folder.id, "none", there.bucket);
    expect(await kept(folder.id)).toBe("none");
  });
});

test("waits for a seal that is being written, and locks the folder before its import", async () => {
  const { ledger, remove } = await ledgerKinds.Postgres();
  const { importId, folderIds } = await createImport(ledger, {
    suit_ids: [],
    folders: [{ vendor: "kongur", folder: {}, source: { type: "directory", path: "/evidence" } }],
  });
  const folderId = folderIds[0] as number;
  await fixDestination(ledger, folderId, here);
  let late: Promise<void> | undefined;
  await ledger.db.transaction().execute(async (tx) => {
    await sql`update imports set sealed_number = 1 where id = ${importId}`.execute(tx);
    late = recordRetention(ledger, folderId, here.bucket, "locked 3650 days");
    await expect.poll(() => countWaiting(ledger)).toBe(1);
    // Somebody who has the import's lock wants no folder's: this one has it.
    await expect(
      sql`select from folders where id = ${folderId} for update nowait`.execute(ledger.db),
    ).rejects.toThrow(/lock/);
  });
  await late;
  expect((await readFolder(ledger, folderId)).retention).toBeNull();
  await remove();
});

async function countWaiting({ db }: Ledger): Promise<number | undefined> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
    db,
  );
  return rows[0]?.n;
}
