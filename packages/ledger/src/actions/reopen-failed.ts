import { ExhibitError, type Priority, priorities, type Selection } from "@exhibit/contracts";
import { type RawBuilder, sql, type Transaction } from "kysely";
import type { OpenShard } from "../planning/planned-file.ts";
import type { LedgerSchema } from "../schema.ts";
import { fileHasFailed, isClosed, shardHasFailed } from "../states.ts";
import { failedFiles } from "./selection.ts";

/** What is to be done again. */
export interface Reopened {
  /** Shards that are open again. */
  shards: OpenShard[];
  /** Folders that are to be walked again. */
  folderIds: number[];
  priority: Priority;
  /** How many files are retried. */
  files: number;
}

/** What to retry. */
export interface ToReopen {
  /** A condition on `shards`. */
  shards: RawBuilder<unknown>;
  /** A condition on `folders`. */
  folders: RawBuilder<unknown>;
  /** Only these of their failed files; the others stay failed. */
  files: Selection;
}

/**
 * Retries failed files in one statement. Files of failed shards are planned again; a file that had
 * changed is taken as it is now. Entries that couldn't even be planned await the rewalk of their
 * folders, and folders whose source couldn't be walked are walked again, too. Where only files of
 * shards are retried, the folder is walked again once one of them turns out to be gone:
 * `finishShard` sees to that. Locks rows in the usual order: shards, files, folders, imports.
 * Throws STATE_CONFLICT if the import was sealed or cancelled meanwhile.
 */
export async function reopenFailed(
  tx: Transaction<LedgerSchema>,
  { shards, folders, files }: ToReopen,
): Promise<Reopened> {
  const failed = failedFiles(files);
  const { rows } = await sql<{ kind: string; id: number }>`
    with failed_shard as materialized (
      select shards.id, shards.folder_id from shards
      where ${shards} and ${shardHasFailed} and ${inOpenImport("shards")}
        and exists (select from files where files.shard_id = shards.id and ${failed})
      order by shards.id for update
    ), opened as (
      update shards set state = 'open', opened_at = now()
      from failed_shard where shards.id = failed_shard.id
    ), to_store as materialized (
      select files.id from files
      where files.shard_id in (select id from failed_shard) and ${failed}
      order by files.id for update
    ), again as (
      update files set state = 'planned', error_code = null, error = null, error_at = null, error_details = null,
        modified_ms = case when error_code = 'SOURCE_CHANGED' then null else modified_ms end
      from to_store where files.id = to_store.id and ${fileHasFailed}
      returning files.folder_id
    ), to_plan as materialized (
      select files.id from files
      where files.folder_id in (select id from folders where ${folders} and planned and ${inOpenImport("folders")})
        and files.shard_id is null and ${failed}
      order by files.id for update
    ), awaiting as (
      update files set state = 'planned' from to_plan where files.id = to_plan.id and ${fileHasFailed}
      returning files.folder_id
    ), awaiting_of as (
      select folder_id, count(*) as files from awaiting group by folder_id
    ), to_walk as materialized (
      select folders.id from folders
      where ${folders} and planned and ${inOpenImport("folders")}
        and (select count(*) from again) >= 0 and (select count(*) from awaiting) >= 0 -- locks their rows first
        and (${faultyFolders(files)} or exists (select from awaiting_of where awaiting_of.folder_id = folders.id))
      order by folders.id for update
    ), again_of as (
      select folder_id, count(*) as files from again group by folder_id
    ), shards_of as (
      select folder_id, count(*)::integer as shards from failed_shard group by folder_id
    ), change as (
      select f.id, coalesce(again_of.files, 0) as again, coalesce(awaiting_of.files, 0) as awaiting,
        coalesce(shards_of.shards, 0) as shards,
        to_walk.id is not null as walk
      from (select folder_id as id from shards_of union select id from to_walk) as f
        left join again_of on again_of.folder_id = f.id left join awaiting_of on awaiting_of.folder_id = f.id
        left join shards_of on shards_of.folder_id = f.id left join to_walk on to_walk.id = f.id
    ), in_folder as (
      update folders set failed = folders.failed - again - awaiting, open_shards = folders.open_shards + change.shards,
        planned = folders.planned and not walk, walk_again = again > 0 and not walk,
        error_code = case when walk then null else error_code end, error = case when walk then null else error end,
        error_at = case when walk then null else error_at end,
        error_details = case when walk then null else error_details end
      from change where folders.id = change.id
      returning folders.id, import_id, again, awaiting, change.shards, walk
    ), total as (
      select import_id, sum(again)::bigint as again, sum(awaiting)::bigint as awaiting,
        sum(shards)::integer as shards, (count(*) filter (where walk))::integer as folders
      from in_folder group by import_id
    ), in_import as (
      update imports set failed = failed - again - awaiting,
        open_shards = open_shards + total.shards, open_folders = open_folders + total.folders,
        status = case when open_folders + total.folders > 0 then 'planning' else 'storing' end,
        finished_at = null, updated_at = now()
      from total where imports.id = total.import_id and not ${isClosed}
      returning imports.id, imports.priority
    )
    select 'shard' as kind, id from failed_shard
    union all select 'folder', id from in_folder where walk
    union all select 'files', again + awaiting from total
    union all select priority, 0 from in_import`.execute(tx);
  const idsOf = (kind: string) => rows.filter((row) => row.kind === kind);
  // The row of the import has its priority as its kind.
  const found = priorities.find((each) => idsOf(each).length > 0);
  if (rows.length > 0 && found === undefined) {
    throw new ExhibitError("STATE_CONFLICT", "The import has been sealed or cancelled meanwhile.");
  }
  const priority = found ?? "normal";
  return {
    priority,
    shards: idsOf("shard").map(({ id }, index) => ({ shardId: id, position: index + 1, priority })),
    folderIds: idsOf("folder").map(({ id }) => id),
    files: idsOf("files")[0]?.id ?? 0,
  };
}

function inOpenImport(table: "shards" | "folders") {
  return sql`exists (select from imports where imports.id = ${sql.ref(`${table}.import_id`)}
    and not ${isClosed})`;
}

/**
 * Returns a condition on the folders whose source couldn't be walked, as far as a selection names
 * them.
 */
function faultyFolders({ folder_id, code, file_ids }: Selection) {
  if (file_ids !== undefined) return sql`false`;
  const conditions = [
    sql`folders.error_code is not null`,
    ...(folder_id === undefined ? [] : [sql`folders.id = ${Number(folder_id)}`]),
    ...(code === undefined ? [] : [sql`folders.error_code = ${code}`]),
  ];
  return sql`(${sql.join(conditions, sql` and `)})`;
}
