import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { shownPathIn } from "../sql/text.ts";

/**
 * What couldn't be planned and is retried stays on the record while its source is walked again: it is looked for. Such a
 * row is planned without a shard and keeps its error; only the walk of its folder changes it.
 */
export function awaitsRewalk(folderId: number) {
  // The index of files with an error finds them.
  return sql`(files.folder_id = ${folderId} and files.error_code is not null
    and files.state = 'planned' and files.shard_id is null)`;
}

/**
 * Ends the looking, as a part of a statement that has `walked`: what the walk didn't meet is gone. When there was no whole
 * walk, nothing is known, and what is on the record stays.
 */
export function failUnseen(folderId: number, wholeWalk: boolean) {
  const found = wholeWalk
    ? sql`error_code = 'SOURCE_NOT_FOUND',
        error = case when files.error_code = 'SOURCE_NOT_FOUND' then files.error
          else ${shownPathIn("files")} || ' wasn''t there any more when the source was walked again. Before: ' || files.error end`
    : sql`error_code = files.error_code`;
  return sql`
    update files set state = 'failed', ${found} from walked where ${awaitsRewalk(folderId)}
    returning files.id`;
}

/** The paths that are looked for in a folder, in their order; a page of them, after `after`. */
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

/** Takes entries off the record that are looked for no longer: folders that have been walked by now, file by file. */
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
