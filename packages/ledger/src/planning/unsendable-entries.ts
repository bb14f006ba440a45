import { sql, type Transaction } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { LedgerSchema } from "../schema.ts";
import { storableDetails } from "../sql/details.ts";
import { storable } from "../sql/text.ts";
import type { UnsendableEntry } from "./planned-file.ts";
import { checkUnplanned, lockPlanning } from "./planning-lock.ts";
import { awaitsRewalk } from "./rewalk.ts";

/**
 * Records entries that planning found but that no shard will carry. Throws STATE_CONFLICT as
 * `addShards` does.
 */
export async function addUnsendable(
  { db }: Ledger,
  folder: { id: number },
  entries: readonly UnsendableEntry[],
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    await lockPlanning(tx, folder.id);
    await checkUnplanned(tx, folder.id);
    await recordUnsendable(tx, folder.id, entries);
  });
}

/** Records the entries in the transaction of a caller that holds the planning lock. */
export async function recordUnsendable(
  tx: Transaction<LedgerSchema>,
  folderId: number,
  entries: readonly UnsendableEntry[],
): Promise<void> {
  await sql`
    with entry as materialized (
      select * from unnest(
        ${entries.map((entry) => entry.path)}::text[],
        ${entries.map((entry) => entry.normal)}::text[],
        ${entries.map((entry) => entry.state)}::text[],
        ${entries.map((entry) => (entry.state === "skipped" ? entry.as : null))}::text[],
        ${entries.map((entry) => (entry.state === "failed" ? entry.code : null))}::text[],
        ${entries.map((entry) => (entry.state === "failed" ? storable(entry.message) : null))}::text[],
        ${entries.map((entry) => (entry.state === "failed" ? storableDetails(entry.details) : null))}::text[],
        ${entries.map((entry) => (folderOf(entry) ? true : null))}::boolean[],
        ${entries.map((entry) => folderOf(entry)?.files)}::bigint[]
      ) as e (path, normal, state, skipped_as, code, message, details, is_folder, stands_for)
    ), found as (
      update files set state = entry.state, normal = entry.normal, skipped_as = entry.skipped_as, error_code = entry.code, error = entry.message,
        error_at = case when entry.code is not null then now() end, error_details = entry.details::jsonb, is_folder = entry.is_folder, stands_for = entry.stands_for
      from entry
      where ${awaitsRewalk(folderId)} and files.path collate "C" = entry.path
      returning files.state
    ), added as (
      insert into files (folder_id, path, normal, size, state, skipped_as, error_code, error, error_at, error_details,
        is_folder, stands_for)
      select ${folderId}, entry.path, entry.normal, 0, entry.state, entry.skipped_as, entry.code, entry.message,
        case when entry.code is not null then now() end, entry.details::jsonb, entry.is_folder, entry.stands_for
      from entry
      order by entry.path collate "C"
      on conflict do nothing
      returning state
    ), total as (
      select count(*) filter (where state = 'failed') as failed, count(*) filter (where state = 'skipped') as skipped,
        -- What awaited the rewalk is counted already; what is skipped isn't among the files.
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

function folderOf(entry: UnsendableEntry): { files: number | null } | undefined {
  return entry.state === "failed" ? entry.folder : undefined;
}
