import { type ErrorCode, ExhibitError, type SkippedAs } from "@exhibit/contracts";
import { sql, type Transaction } from "kysely";
import type { Ledger } from "./ledger.ts";
import { lookedFor } from "./looked-for.ts";
import type { OpenShard } from "./pausing.ts";
import type { LedgerSchema } from "./schema.ts";
import { storable } from "./text.ts";
import { keepTwinsApart } from "./twins.ts";

export interface PlannedFile {
  path: string;
  size: number;
  modifiedAt: number;
  /** The path's normal form, when that isn't the path itself: files of one folder share a key by it. */
  normal?: string;
  /** Only for a vendor that opens a folder's files one by one. */
  slot?: number;
}

/**
 * Adds one shard with these files, in one transaction. Files that the folder has already (an earlier walk that was
 * broken off) are passed over, so a source can be walked again; those that it looks for are taken up. Files whose key
 * another file has are put aside. Returns undefined when there was nothing new.
 * Throws STATE_CONFLICT when the folder has been planned to its end meanwhile, by another walk, or the import cancelled.
 */
export async function addShard(
  { db }: Ledger,
  folder: { id: number; import_id: string },
  files: readonly PlannedFile[],
): Promise<OpenShard | undefined> {
  return await db.transaction().execute(async (tx) => {
    await checkUnplanned(tx, folder.id);
    const { single, twins } = await keepTwinsApart(tx, folder.id, files);
    if (twins.length > 0) await putAside(tx, folder.id, twins);
    const inserted = await sql<AddedFiles>`
      with shard as materialized (
        select nextval(pg_get_serial_sequence('shards', 'id')) as id
      ), entry as materialized (
        select * from unnest(
          ${single.map((file) => file.path)}::text[],
          ${single.map((file) => file.normal ?? null)}::text[],
          ${single.map((file) => file.size)}::bigint[],
          ${single.map((file) => file.modifiedAt)}::bigint[],
          ${single.map((file) => file.slot ?? null)}::integer[]
        ) as e (path, normal, size, modified_ms, slot)
      ), found as (
        update files set shard_id = shard.id, slot = entry.slot, normal = entry.normal, size = entry.size,
          modified_ms = entry.modified_ms, error_code = null, error = null
        from entry, shard
        where ${lookedFor(folder.id)} and files.path collate "C" = entry.path
        returning files.size
      ), added as (
        insert into files (folder_id, shard_id, slot, path, normal, size, modified_ms, state)
        select ${folder.id}, shard.id, entry.slot, entry.path, entry.normal, entry.size, entry.modified_ms, 'planned'
        from shard, entry
        order by entry.path collate "C" -- two planners lock rows in one order
        on conflict (folder_id, path collate "C") do nothing
        returning size
      )
      select (select id from shard) as shard_id, (select count(*) from added) as added, count(*) as files,
        coalesce(sum(size), 0)::bigint as bytes
      from (select size from found union all select size from added) as taken`.execute(tx);
    const taken = inserted.rows[0];
    if (!taken || taken.files === 0) return undefined;
    const numbered = await sql<{ number: number; place: number }>`
      with in_folder as (
        update folders set open_shards = open_shards + 1, files = files + ${taken.added}, bytes = bytes + ${taken.bytes}
        where id = ${folder.id}
        returning import_id
      )
      update imports set shards = shards + 1, open_shards = open_shards + 1,
        files = files + ${taken.added}, bytes = bytes + ${taken.bytes}, updated_at = now()
      from in_folder
      where imports.id = in_folder.import_id
      returning imports.shards as number, imports.open_shards as place`.execute(tx);
    const { number, place } = numbered.rows[0] ?? { number: 1, place: 1 };
    await sql`
      insert into shards (id, import_id, folder_id, number, files, bytes)
      overriding system value
      values (${taken.shard_id}, ${folder.import_id}, ${folder.id}, ${number}, ${taken.files}, ${taken.bytes})`.execute(
      tx,
    );
    return { shardId: taken.shard_id, place };
  });
}

interface AddedFiles {
  shard_id: number;
  /** Files of the shard. */
  files: number;
  /** Of these, the ones that the folder didn't have. */
  added: number;
  bytes: number;
}

/** A walk that comes too late must not add files to an import that may be sealed. */
async function checkUnplanned(tx: Transaction<LedgerSchema>, folderId: number): Promise<void> {
  const folder = await tx
    .selectFrom("folders")
    .innerJoin("imports", "imports.id", "folders.import_id")
    .select(["planned", "status"])
    .where("folders.id", "=", folderId)
    .forUpdate("folders")
    .executeTakeFirst();
  if (folder?.status === "cancelled") {
    throw new ExhibitError("STATE_CONFLICT", `The import of folder ${folderId} is cancelled.`);
  }
  if (folder?.planned === false) return;
  throw new ExhibitError("STATE_CONFLICT", `Folder ${folderId} has been planned by another walk.`);
}

/** An entry that is never sent: `skipped` isn't a file; `failed` can't even be planned. */
export type AsideEntry =
  | { state: "skipped"; path: string; as: SkippedAs }
  | { state: "failed"; path: string; code: ErrorCode; message: string };

/** Puts entries on the record that planning found but that no shard will carry. */
export async function addAside(
  { db }: Ledger,
  folder: { id: number },
  entries: readonly AsideEntry[],
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await checkUnplanned(tx, folder.id);
    await putAside(tx, folder.id, entries);
  });
}

async function putAside(
  tx: Transaction<LedgerSchema>,
  folderId: number,
  entries: readonly AsideEntry[],
): Promise<void> {
  await sql`
    with entry as materialized (
      select * from unnest(
        ${entries.map((entry) => entry.path)}::text[],
        ${entries.map((entry) => entry.state)}::text[],
        ${entries.map((entry) => (entry.state === "skipped" ? entry.as : null))}::text[],
        ${entries.map((entry) => (entry.state === "failed" ? entry.code : null))}::text[],
        ${entries.map((entry) => (entry.state === "failed" ? storable(entry.message) : null))}::text[]
      ) as e (path, state, skipped_as, code, message)
    ), found as (
      update files set state = entry.state, skipped_as = entry.skipped_as, error_code = entry.code, error = entry.message
      from entry
      where ${lookedFor(folderId)} and files.path collate "C" = entry.path
      returning files.state
    ), added as (
      insert into files (folder_id, path, size, state, skipped_as, error_code, error)
      select ${folderId}, entry.path, 0, entry.state, entry.skipped_as, entry.code, entry.message
      from entry
      order by entry.path collate "C"
      on conflict do nothing
      returning state
    ), total as (
      select count(*) filter (where state = 'failed') as failed, count(*) filter (where state = 'skipped') as skipped,
        -- What was looked for has been counted; what is skipped isn't among the files.
        count(*) filter (where is_new and state = 'failed') - count(*) filter (where not is_new and state = 'skipped') as files
      from (select state, true as is_new from added union all select state, false from found) as taken
    ), in_folder as (
      update folders set files = folders.files + total.files, failed = folders.failed + total.failed,
        skipped = folders.skipped + total.skipped
      from total
      where id = ${folderId}
      returning import_id
    )
    update imports set files = imports.files + total.files, failed = imports.failed + total.failed,
      skipped = imports.skipped + total.skipped, updated_at = now()
    from in_folder, total
    where imports.id = in_folder.import_id`.execute(tx);
}
