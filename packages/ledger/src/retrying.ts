import { ExhibitError } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "./ledger.ts";
import { reopenShards } from "./storing.ts";

export interface Reopened {
  shards: { shardId: number; number: number }[];
  folderIds: number[];
}

/**
 * Takes up what failed in an import: files are planned again, and folders with a fault of their own (a source that
 * couldn't be walked, or entries that couldn't be planned) are walked again.
 * Throws NOT_FOUND, or STATE_CONFLICT for an import that is sealed or cancelled.
 */
export async function reopenImport(ledger: Ledger, importId: string): Promise<Reopened> {
  const { db } = ledger;
  const row = await db
    .selectFrom("imports")
    .select("status")
    .where("id", "=", importId)
    .executeTakeFirst();
  if (!row) throw new ExhibitError("NOT_FOUND", `There is no import ${importId}.`);
  if (row.status === "sealed" || row.status === "cancelled") {
    throw new ExhibitError(
      "STATE_CONFLICT",
      `Import ${importId} is ${row.status}: there is nothing to retry.`,
    );
  }
  const folderIds = await reopenFolders(ledger, { importId });
  const shards = await reopenShards(ledger, { importId });
  return { shards, folderIds };
}

/**
 * Has folders with a fault of their own walked again: one, or all of an import. Returns those that are open again; none
 * of an import that is sealed or cancelled.
 */
export async function reopenFolders(
  { db }: Ledger,
  which: { folderId: number } | { importId: string },
): Promise<number[]> {
  const named =
    "folderId" in which
      ? sql`folders.id = ${which.folderId}`
      : sql`folders.import_id = ${which.importId}`;
  const condition = sql`${named} and folders.planned and exists (
    select from imports where id = folders.import_id and status not in ('sealed', 'cancelled'))`;
  const { rows } = await sql<{ id: number }>`
    with faulty as (
      delete from files using folders
      where ${condition} and files.folder_id = folders.id
        and files.shard_id is null and files.state = 'failed' and files.error_code is not null
      returning files.folder_id, files.size
    ), per_folder as (
      select folder_id, count(*) as files, coalesce(sum(size), 0)::bigint as bytes from faulty group by folder_id
    ), in_folder as (
      update folders set planned = false, error_code = null, error = null,
        files = folders.files - coalesce(per_folder.files, 0), bytes = folders.bytes - coalesce(per_folder.bytes, 0),
        failed = folders.failed - coalesce(per_folder.files, 0)
      from folders f left join per_folder on per_folder.folder_id = f.id
      where f.id = folders.id and ${condition}
        and (folders.error_code is not null or per_folder.folder_id is not null)
      returning folders.id, folders.import_id, coalesce(per_folder.files, 0) as files, coalesce(per_folder.bytes, 0) as bytes
    ), total as (
      select import_id, count(*)::integer as folders, sum(files)::bigint as files, sum(bytes)::bigint as bytes
      from in_folder group by import_id
    ), in_import as (
      update imports set open_folders = open_folders + total.folders, files = imports.files - total.files,
        bytes = imports.bytes - total.bytes, failed = imports.failed - total.files,
        status = 'planning', finished_at = null, updated_at = now()
      from total where imports.id = total.import_id
      returning imports.id
    )
    select in_folder.id from in_folder, in_import`.execute(db);
  return rows.map(({ id }) => id);
}
