import { ExhibitError } from "@exhibit/contracts";
import { ledgerKinds } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  acceptDestination,
  createImport,
  finishPlanning,
  finishShard,
  forgetUpload,
  type Ledger,
  openShard,
  recordOutcomes,
  recordPart,
  recordUpload,
  reopenImport,
} from "../../src/index.ts";
import { addShard } from "../add-shard.ts";

// Statements that lock rows in one order wait for each other; in two orders, Postgres ends one of
// them as a deadlock. docs/states.md has the order.

let ledger: Ledger;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, remove } = await ledgerKinds.Postgres());
});
afterAll(() => remove());

/** Creates a folder with one shard of one file, which a worker has opened. */
async function opened() {
  const { importId, folderIds } = await createImport(ledger, {
    suit_ids: [],
    folders: [{ vendor: "kongur", folder: {}, source: { type: "directory", path: "/evidence" } }],
  });
  const folderId = folderIds[0] as number;
  const file = { path: "a.mp4", size: 1000, modifiedAt: 1 };
  const shard = await addShard(ledger, { id: folderId }, [file]);
  const shardId = shard?.shardId ?? 0;
  const fileId = (await openShard(ledger, shardId))?.files[0]?.id ?? 0;
  return { importId, folderId, shardId, fileId };
}

/**
 * Locks a row, starts work that has to wait for it, and does the rest in the locking transaction.
 */
async function whileWaiting(
  row: { table: "shards" | "files" | "folders"; id: number },
  work: () => Promise<unknown>,
  inside: (tx: Ledger["db"]) => Promise<unknown>,
): Promise<void> {
  let waiting: Promise<unknown> = Promise.resolve();
  await ledger.db.transaction().execute(async (tx) => {
    await sql`select from ${sql.table(row.table)} where id = ${row.id} for update`.execute(tx);
    waiting = work();
    waiting.catch(() => {});
    while (!(await isAnyWaiting())) await new Promise((resolve) => setTimeout(resolve, 10));
    await inside(tx);
  });
  await waiting;
}

/** Asks from outside the transaction: inside, Postgres would repeat its first answer forever. */
async function isAnyWaiting(): Promise<boolean> {
  const { rows } = await sql`
    select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
    ledger.db,
  );
  return rows.length > 0;
}

test("recording a part locks the shard before the upload, as the outcome that ends the upload does", async () => {
  const { shardId, fileId } = await opened();
  const place = { endpoint: "https://oss", bucket: "evidence", key: "a.mp4" };
  const upload = { uploadId: "U", ...place, partSize: 128, beganAt: new Date() };
  const id = await recordUpload(ledger, fileId, { size: 1000, modifiedMs: 1 }, upload);
  await whileWaiting(
    { table: "shards", id: shardId },
    () => recordPart(ledger, id, { number: 1, etag: "E", crc64: 1n }),
    (db) => forgetUpload({ ...ledger, db }, id),
  );
});

test("a retry locks the files before their folder, as waiving does", async () => {
  const { importId, folderId, shardId, fileId } = await opened();
  const failed = { fileId, state: "failed" as const, code: "SOURCE_IO" as const, message: "EIO" };
  await recordOutcomes(ledger, folderId, [], [failed]);
  await finishShard(ledger, shardId);
  await finishPlanning(ledger, folderId, new ExhibitError("SOURCE_IO", "EIO"));
  await whileWaiting(
    { table: "files", id: fileId },
    () => reopenImport(ledger, importId),
    (tx) => sql`select from folders where id = ${folderId} for update nowait`.execute(tx),
  );
});

test("an acceptance takes nothing if the vendor offers another place while it is on its way", async () => {
  const { importId, folderId, shardId, fileId } = await opened();
  const code = "DESTINATION_CHANGED" as const;
  await recordOutcomes(ledger, folderId, [], [{ fileId, state: "failed", code, message: "no" }]);
  await finishShard(ledger, shardId);
  const place = { endpoint: "https://oss", bucket: "evidence", prefix: "new/" };
  const offer = (db: Ledger["db"], prefix: string) =>
    sql`update folders set offered_endpoint = ${place.endpoint}, offered_bucket = ${place.bucket},
      offered_prefix = ${prefix} where id = ${folderId}`.execute(db);
  await offer(ledger.db, place.prefix);
  const accepting = whileWaiting(
    { table: "folders", id: folderId },
    () => acceptDestination(ledger, importId, folderId, { ...place, why: "it moved" }, "wang"),
    (tx) => offer(tx, "newer/"),
  );
  await expect(accepting).rejects.toMatchObject({
    code: "STATE_CONFLICT",
    message: "The vendor has just offered yet another place.",
  });
});
