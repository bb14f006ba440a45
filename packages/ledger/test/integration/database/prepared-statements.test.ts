import { ledgerKinds } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createImport, type Ledger, openShard, recordOutcomes } from "../../../src/index.ts";
import { addShard } from "../../add-shard.ts";

/** More often than Postgres plans a statement before it keeps a plan, by default. */
const RUNS = 8;
/** With fewer files, Postgres would never find a kept plan cheaper. */
const BATCH = 20;
const MANY = 50_000;

let ledger: Ledger;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, remove } = await ledgerKinds.Postgres());
});
afterAll(() => remove());

test("outcomes use an index although their table was tiny when the statement was prepared, and was never analysed", async () => {
  const { db } = ledger;
  await sql`alter table files set (autovacuum_enabled = off)`.execute(db);
  const { folderIds } = await createImport(ledger, {
    suit_ids: [],
    folders: [{ vendor: "kongur", folder: {}, source: { type: "directory", path: "/evidence" } }],
  });
  const folderId = folderIds[0] as number;
  const paths = Array.from({ length: (RUNS + 1) * BATCH }, (_, index) => `${index}.jpg`);
  const planned = paths.map((path) => ({ path, size: 1, modifiedAt: 1 }));
  const shard = await addShard(ledger, { id: folderId }, planned);
  const { files = [] } = (await openShard(ledger, shard?.shardId ?? 0)) ?? {};
  const record = async (run: number, tx: Ledger["db"]) => {
    const batch = files.slice(run * BATCH, (run + 1) * BATCH);
    await recordOutcomes({ ...ledger, db: tx }, folderId, [], batch.map(failed));
  };
  for (let run = 0; run < RUNS; run += 1) await record(run, db);
  await sql`
    insert into files (folder_id, path, size, state)
    select ${folderId}, 'more/' || i, 1, 'planned' from generate_series(1, ${MANY}::integer) as i`.execute(
    db,
  );

  const [plans, before, after] = await db.transaction().execute(async (tx) => {
    const atFirst = await touched(tx);
    await record(RUNS, tx);
    const told = await sql`
      select generic_plans as kept, custom_plans > ${RUNS} as "isMadeAnew" from pg_prepared_statements
      where name = 'outcomes'`.execute(tx);
    return [told.rows, atFirst, await touched(tx)];
  });

  expect(plans).toEqual([{ kept: 0, isMadeAnew: true }]);
  expect(after).toEqual({ ...before, changed: before.changed + BATCH });
});

/**
 * Counts the rows of files that this transaction has read by sequential scans, and those that it
 * has changed.
 */
async function touched(tx: Ledger["db"]): Promise<{ read: number; changed: number }> {
  const { rows } = await sql<{ read: number; changed: number }>`
    select seq_tup_read as read, n_tup_upd as changed from pg_stat_xact_user_tables where relname = 'files'`.execute(
    tx,
  );
  return rows[0] ?? { read: 0, changed: 0 };
}

function failed({ id }: { id: number }) {
  return { fileId: id, state: "failed" as const, code: "SOURCE_IO" as const, message: "EIO" };
}
