import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { shownPathIn } from "../sql/text.ts";
import { fileIsPlanned } from "../states.ts";

/**
 * Returns a condition on `files`: the entry couldn't be planned, is being retried, and awaits the
 * rewalk of its folder. Such a row is planned without a shard and keeps its error; only a walk of
 * the folder changes it.
 */
export function awaitsRewalk(folderId: number) {
  // The condition on error_code makes Postgres use the index of files with an error.
  return sql`(files.folder_id = ${folderId} and files.error_code is not null
    and ${fileIsPlanned} and files.shard_id is null)`;
}

/**
 * Returns the part of a statement that has `walked` by which the rewalk ends: entries that the walk
 * didn't meet are gone. If it wasn't a whole walk, nothing new is known, and they keep their error.
 */
export function failUnseen(folderId: number, wholeWalk: boolean) {
  const found = wholeWalk
    ? sql`error_code = 'SOURCE_NOT_FOUND', error_at = now(),
        error_details = jsonb_build_object('code_before', files.error_code),
        error = case when files.error_code = 'SOURCE_NOT_FOUND' then files.error
          else ${shownPathIn("files")} || ' wasn''t there any more when the source was walked again. Before: ' || files.error end`
    : sql`error_code = files.error_code`;
  return sql`
    update files set state = 'failed', ${found} from walked where ${awaitsRewalk(folderId)}
    returning files.id`;
}

/** Lists the paths in a folder that await its rewalk, in their order, one page after `after`. */
export async function listAwaitingRewalk(
  { db }: Ledger,
  folderId: number,
  { after, limit }: { after: string; limit: number },
): Promise<string[]> {
  const { rows } = await sql<{ path: string }>`
    select path from files where ${awaitsRewalk(folderId)} and path collate "C" > ${after}
    order by path collate "C" limit ${limit}`.execute(db);
  return rows.map(({ path }) => path);
}

/**
 * Removes entries that don't await the rewalk any more: folders whose files have been walked one by
 * one by now.
 */
export async function forgetWalkedFolders(
  { db }: Ledger,
  folderId: number,
  paths: readonly string[],
): Promise<void> {
  await sql`
    with forgotten as (
      delete from files where ${awaitsRewalk(folderId)} and path collate "C" = any(${paths}::text[])
      returning id
    ), total as (
      select count(*) as files from forgotten
    ), in_folder as (
      update folders set files = folders.files - total.files from total where id = ${folderId}
      returning import_id
    )
    update imports set files = imports.files - total.files, updated_at = now()
    from in_folder, total
    where imports.id = in_folder.import_id`.execute(db);
}
