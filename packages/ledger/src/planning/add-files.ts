import { sql, type Transaction } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { LedgerSchema } from "../schema.ts";
import { plainArray, textArray } from "../sql/arrays.ts";
import { shardIsOpen } from "../states.ts";
import { separateKeyCollisions } from "./key-collisions.ts";
import type { OpenShard, PlannedFile } from "./planned-file.ts";
import { checkUnplanned, lockPlanning } from "./planning-lock.ts";
import { awaitsRewalk } from "./rewalk.ts";
import { recordUnsendable } from "./unsendable-entries.ts";

/**
 * Adds shards of these files in one transaction and returns those shards that hold something new.
 * Files that the folder has already, from an earlier walk that was broken off, are skipped, so a
 * source can be walked again; files that await a rewalk are taken into the new shards. Files whose
 * key another file has are recorded as unsendable. Throws STATE_CONFLICT when another walk has
 * finished planning the folder, or the import is cancelled.
 */
export async function addShards(
  { db }: Ledger,
  folder: { id: number },
  shards: readonly (readonly PlannedFile[])[],
): Promise<OpenShard[]> {
  return await db.transaction().execute(async (tx) => {
    await lockPlanning(tx, folder.id);
    await checkUnplanned(tx, folder.id);
    const files = shards.flatMap((some, shard) => some.map((file) => ({ ...file, shard })));
    const { single, collisions } = await separateKeyCollisions(tx, folder.id, files);
    if (collisions.length > 0) await recordUnsendable(tx, folder.id, collisions);
    return await insertFiles(tx, folder.id, single);
  });
}

/**
 * Inserts files and shards and updates the counters in one statement, so that the counters' rows
 * are locked only for its length.
 */
async function insertFiles(
  tx: Transaction<LedgerSchema>,
  folderId: number,
  files: readonly (PlannedFile & { shard: number })[],
): Promise<OpenShard[]> {
  const { rows } = await sql<OpenShard>`
    with entry as materialized (
      select * from unnest(
        ${textArray(files.map((file) => file.path))}::text[],
        ${textArray(files.map((file) => file.normal))}::text[],
        ${plainArray(files.map((file) => file.size))}::bigint[],
        ${plainArray(files.map((file) => file.modifiedAt))}::bigint[],
        ${plainArray(files.map((file) => file.slot))}::integer[],
        ${plainArray(files.map((file) => file.shard))}::integer[]
      ) as e (path, normal, size, modified_ms, slot, shard)
    ), shard as materialized (
      select shard, nextval(pg_get_serial_sequence('shards', 'id')) as id
      from (select distinct shard from entry order by shard) as e
    ), found as (
      update files set shard_id = shard.id, slot = entry.slot, normal = entry.normal, size = entry.size,
        modified_ms = entry.modified_ms, error_code = null, error = null, error_at = null,
        error_details = null, is_folder = null, stands_for = null
      from entry join shard using (shard)
      where ${awaitsRewalk(folderId)} and files.path collate "C" = entry.path
      returning files.shard_id, files.size
    ), added as (
      insert into files (folder_id, shard_id, slot, path, normal, size, modified_ms, state)
      select ${folderId}, shard.id, entry.slot, entry.path, entry.normal, entry.size, entry.modified_ms, 'planned'
      from entry join shard using (shard)
      -- Rows inserted in the index's own order would leave each of its pages half empty.
      order by shard.id, random()
      on conflict (folder_id, path collate "C") do nothing
      returning shard_id, size
    ), taken as (
      select shard_id, count(*)::integer as files, count(*) filter (where is_new) as added, sum(size)::bigint as bytes
      from (select shard_id, size, false as is_new from found union all select shard_id, size, true from added) as file
      group by shard_id
    ), total as (
      select count(*)::integer as shards, sum(added)::bigint as files, sum(bytes)::bigint as bytes from taken having count(*) > 0
    ), in_folder as (
      update folders set open_shards = open_shards + total.shards, files = folders.files + total.files,
        bytes = folders.bytes + total.bytes
      from total where id = ${folderId}
      returning import_id
    ), in_import as (
      update imports set shards = imports.shards + total.shards, open_shards = open_shards + total.shards,
        files = imports.files + total.files, bytes = imports.bytes + total.bytes, updated_at = now()
      from in_folder, total
      where imports.id = in_folder.import_id
      returning imports.id, imports.priority, imports.shards - total.shards as before, imports.open_shards - total.shards as open_before
    ), new_shard as (
      insert into shards (id, import_id, folder_id, number, files, bytes)
      overriding system value
      select taken.shard_id, in_import.id, ${folderId}, before + row_number() over (order by taken.shard_id), taken.files, taken.bytes
      from taken, in_import
      returning id, number
    )
    select new_shard.id as "shardId", (open_before - begun.shards + number - before)::integer as position,
      in_import.priority
    from new_shard, in_import, lateral (
      select count(*) as shards from shards
      where import_id = in_import.id and ${shardIsOpen} and openings > 0
    ) as begun
    order by new_shard.id`.execute(tx);
  return rows;
}
