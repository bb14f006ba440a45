import {
  type ErrorCode,
  ExhibitError,
  type ImportRequest,
  type SkippedAs,
} from "@exhibit/contracts";
import { sql, type Transaction } from "kysely";
import { v7 as uuidv7 } from "uuid";
import { type By, recordAct, unnamed } from "./acts.ts";
import type { Ledger } from "./ledger.ts";
import type { LedgerSchema } from "./schema.ts";
import { storable } from "./text.ts";

/** Puts an import and its folders on the record. Their numbers of files are found by planning. */
export async function createImport(
  { db }: Ledger,
  request: ImportRequest,
  by: By = unnamed,
): Promise<{ importId: string; folderIds: number[] }> {
  const importId = uuidv7();
  return await db.transaction().execute(async (tx) => {
    await tx
      .insertInto("imports")
      .values({
        id: importId,
        entrust_id: request.entrust_id ?? null,
        suit_ids: request.suit_ids,
        open_folders: request.folders.length,
      })
      .execute();
    const folders = await tx
      .insertInto("folders")
      .values(
        request.folders.map((folder, position) => ({
          import_id: importId,
          position,
          vendor: folder.vendor,
          selector: JSON.stringify(folder.folder),
          source: JSON.stringify(folder.source),
        })),
      )
      .returning("id")
      .execute();
    await recordAct(tx, { importId, what: "create", by });
    return { importId, folderIds: folders.map(({ id }) => id) };
  });
}

/** A folder as planning and storing need it. */
export async function readFolder({ db }: Ledger, folderId: number) {
  const folder = await db
    .selectFrom("folders")
    .innerJoin("imports", "imports.id", "folders.import_id")
    .select([
      "folders.id",
      "folders.import_id",
      "folders.vendor",
      "folders.selector",
      "folders.source",
      "folders.planned",
      "folders.prefix",
      "imports.entrust_id",
      "imports.suit_ids",
      "imports.status",
    ])
    .where("folders.id", "=", folderId)
    .executeTakeFirst();
  if (!folder) throw new ExhibitError("NOT_FOUND", `There is no folder ${folderId} in the ledger.`);
  return folder;
}

export type FolderRow = Awaited<ReturnType<typeof readFolder>>;

export interface PlannedFile {
  path: string;
  size: number;
  modifiedAt: number;
  /** Only for a vendor that opens a folder's files one by one. */
  slot?: number;
}

/** The slots that files of a folder have, by their paths. */
export async function readSlots({ db }: Ledger, folderId: number): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom("files")
    .select(["path", "slot"])
    .where("folder_id", "=", folderId)
    .where("slot", "is not", null)
    .execute();
  return new Map(rows.map(({ path, slot }) => [path, slot as number]));
}

/**
 * Adds one shard with these files, in one transaction. Files that the folder has already (an earlier walk that was
 * broken off) are passed over, so a source can be walked again. Returns undefined when there was nothing new.
 * Throws STATE_CONFLICT when the folder has been planned to its end meanwhile, by another walk, or the import cancelled.
 */
export async function addShard(
  { db }: Ledger,
  folder: { id: number; import_id: string },
  files: readonly PlannedFile[],
): Promise<{ shardId: number; number: number } | undefined> {
  return await db.transaction().execute(async (tx) => {
    await checkUnplanned(tx, folder.id);
    const inserted = await sql<{ shard_id: number; files: number; bytes: number }>`
      with shard as materialized (
        select nextval(pg_get_serial_sequence('shards', 'id')) as id
      ), added as (
        insert into files (folder_id, shard_id, slot, path, size, modified_ms, state)
        select ${folder.id}, shard.id, entry.slot, entry.path, entry.size, entry.modified_ms, 'planned'
        from shard, unnest(
          ${files.map((file) => file.path)}::text[],
          ${files.map((file) => file.size)}::bigint[],
          ${files.map((file) => file.modifiedAt)}::bigint[],
          ${files.map((file) => file.slot ?? null)}::integer[]
        ) as entry (path, size, modified_ms, slot)
        order by entry.path collate "C" -- two planners lock rows in one order
        on conflict (folder_id, path collate "C") do nothing
        returning size
      )
      select (select id from shard) as shard_id, count(*) as files, coalesce(sum(size), 0)::bigint as bytes
      from added`.execute(tx);
    const added = inserted.rows[0];
    if (!added || added.files === 0) return undefined;
    const numbered = await sql<{ number: number }>`
      with in_folder as (
        update folders set open_shards = open_shards + 1, files = files + ${added.files}, bytes = bytes + ${added.bytes}
        where id = ${folder.id}
        returning import_id
      )
      update imports set shards = shards + 1, open_shards = open_shards + 1,
        files = files + ${added.files}, bytes = bytes + ${added.bytes}, updated_at = now()
      from in_folder
      where imports.id = in_folder.import_id
      returning imports.shards as number`.execute(tx);
    const number = numbered.rows[0]?.number ?? 1;
    await sql`
      insert into shards (id, import_id, folder_id, number, files, bytes)
      overriding system value
      values (${added.shard_id}, ${folder.import_id}, ${folder.id}, ${number}, ${added.files}, ${added.bytes})`.execute(
      tx,
    );
    return { shardId: added.shard_id, number };
  });
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
    await sql`
    with added as (
      insert into files (folder_id, path, size, state, skipped_as, error_code, error)
      select ${folder.id}, entry.path, 0, entry.state, entry.skipped_as, entry.code, entry.message
      from unnest(
        ${entries.map((entry) => entry.path)}::text[],
        ${entries.map((entry) => entry.state)}::text[],
        ${entries.map((entry) => (entry.state === "skipped" ? entry.as : null))}::text[],
        ${entries.map((entry) => (entry.state === "failed" ? entry.code : null))}::text[],
        ${entries.map((entry) => (entry.state === "failed" ? storable(entry.message) : null))}::text[]
      ) as entry (path, state, skipped_as, code, message)
      order by entry.path collate "C"
      on conflict do nothing
      returning state
    ), total as (
      select count(*) filter (where state = 'failed') as failed, count(*) filter (where state = 'skipped') as skipped
      from added
    ), in_folder as (
      update folders set files = files + total.failed, failed = folders.failed + total.failed,
        skipped = folders.skipped + total.skipped
      from total
      where id = ${folder.id}
      returning import_id
    )
    update imports set files = files + total.failed, failed = imports.failed + total.failed,
      skipped = imports.skipped + total.skipped, updated_at = now()
    from in_folder, total
    where imports.id = in_folder.import_id`.execute(tx);
  });
}

/**
 * Says that a folder's source is walked to its end, or, with `error`, that it can't be.
 * Returns whether nothing is open any more in the import; walking twice is harmless, and so is a cancelled import.
 */
export async function finishPlanning(
  { db }: Ledger,
  folderId: number,
  error?: ExhibitError,
): Promise<{ importId: string; complete: boolean } | undefined> {
  const { rows } = await sql<{ id: string; complete: boolean }>`
    with in_folder as (
      update folders set planned = true, error_code = ${error?.code ?? null}, error = ${error === undefined ? null : storable(error.message)}
      where id = ${folderId} and not planned
        and exists (select from imports where imports.id = folders.import_id and status <> 'cancelled')
      returning import_id
    )
    update imports set open_folders = open_folders - 1, updated_at = now(),
      status = case when open_folders = 1 and status = 'planning' then 'storing' else status end
    from in_folder
    where imports.id = in_folder.import_id
    returning imports.id, open_folders = 0 and open_shards = 0 as complete`.execute(db);
  const row = rows[0];
  return row && { importId: row.id, complete: row.complete };
}
