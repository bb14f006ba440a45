import { ExhibitError, type Selection } from "@exhibit/contracts";
import { type RawBuilder, sql, type Transaction } from "kysely";
import type { OpenShard } from "../planning/planned-file.ts";
import type { LedgerSchema } from "../schema.ts";
import { fileHasFailed, isClosed, shardHasFailed } from "../states.ts";
import { failedFiles } from "./selection.ts";

export interface Reopened {
  /** Open again. */
  shards: OpenShard[];
  /** To be walked again. */
  folderIds: number[];
  /** That are taken up again. */
  files: number;
}

export interface ToReopen {
  /** A condition on `shards`. */
  shards: RawBuilder<unknown>;
  /** A condition on `folders`. */
  folders: RawBuilder<unknown>;
  /** Only these of their failed files; the others stay failed. */
  files: Selection;
}

/**
 * Takes failed files up again, in one statement. Those of failed shards are planned once more; a file that had changed
 * is taken as it is now. Those that couldn't even be planned are looked for: their folders are walked again, as are
 * folders whose source couldn't be walked. Where files are only tried again, the folder is walked once one of them turns out to
 * be gone: `finishShard` sees to that.
 * Rows are locked as everywhere: shards, files, folders, imports. Throws STATE_CONFLICT when the import was sealed or
 * cancelled meanwhile.
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
      update files set state = 'planned', error_code = null, error = null,
        modified_ms = case when error_code = 'SOURCE_CHANGED' then null else modified_ms end
      from to_store where files.id = to_store.id and ${fileHasFailed}
      returning files.folder_id
    ), to_plan as materialized (
      select files.id from files
      where files.folder_id in (select id from folders where ${folders} and planned and ${inOpenImport("folders")})
        and files.shard_id is null and ${failed}
      order by files.id for update
    ), looked_for as (
      update files set state = 'planned' from to_plan where files.id = to_plan.id and ${fileHasFailed}
      returning files.folder_id
    ), aside_of as (
      select folder_id, count(*) as files from looked_for group by folder_id
    ), to_walk as materialized (
      select folders.id from folders
      where ${folders} and planned and ${inOpenImport("folders")}
        and (select count(*) from again) >= 0 and (select count(*) from looked_for) >= 0 -- their rows are locked first
        and (${faultyFolders(files)} or exists (select from aside_of where aside_of.folder_id = folders.id))
      order by folders.id for update
    ), again_of as (
      select folder_id, count(*) as files from again group by folder_id
    ), shards_of as (
      select folder_id, count(*)::integer as shards from failed_shard group by folder_id
    ), change as (
      select f.id, coalesce(again_of.files, 0) as again, coalesce(aside_of.files, 0) as aside,
        coalesce(shards_of.shards, 0) as shards,
        to_walk.id is not null as walk
      from (select folder_id as id from shards_of union select id from to_walk) as f
        left join again_of on again_of.folder_id = f.id left join aside_of on aside_of.folder_id = f.id
        left join shards_of on shards_of.folder_id = f.id left join to_walk on to_walk.id = f.id
    ), in_folder as (
      update folders set failed = folders.failed - again - aside, open_shards = folders.open_shards + change.shards,
        planned = folders.planned and not walk, walk_again = again > 0 and not walk,
        error_code = case when walk then null else error_code end, error = case when walk then null else error end
      from change where folders.id = change.id
      returning folders.id, import_id, again, aside, change.shards, walk
    ), total as (
      select import_id, sum(again)::bigint as again, sum(aside)::bigint as aside,
        sum(shards)::integer as shards, (count(*) filter (where walk))::integer as folders
      from in_folder group by import_id
    ), in_import as (
      update imports set failed = failed - again - aside,
        open_shards = open_shards + total.shards, open_folders = open_folders + total.folders,
        status = case when open_folders + total.folders > 0 then 'planning' else 'storing' end,
        finished_at = null, updated_at = now()
      from total where imports.id = total.import_id and not ${isClosed}
      returning imports.id
    )
    select 'shard' as kind, id from failed_shard
    union all select 'folder', id from in_folder where walk
    union all select 'files', again + aside from total
    union all select 'import', 0 from in_import`.execute(tx);
  const idsOf = (kind: string) => rows.filter((row) => row.kind === kind);
  if (rows.length > 0 && idsOf("import").length === 0) {
    throw new ExhibitError("STATE_CONFLICT", "The import has been sealed or cancelled meanwhile.");
  }
  return {
    shards: idsOf("shard").map(({ id }, index) => ({ shardId: id, position: index + 1 })),
    folderIds: idsOf("folder").map(({ id }) => id),
    files: idsOf("files")[0]?.id ?? 0,
  };
}

function inOpenImport(table: "shards" | "folders") {
  return sql`exists (select from imports where imports.id = ${sql.ref(`${table}.import_id`)}
    and not ${isClosed})`;
}

/** The folders whose source couldn't be walked, as far as a selection names them. */
function faultyFolders({ folder_id, code, file_ids }: Selection) {
  if (file_ids !== undefined) return sql`false`;
  const conditions = [
    sql`folders.error_code is not null`,
    ...(folder_id === undefined ? [] : [sql`folders.id = ${Number(folder_id)}`]),
    ...(code === undefined ? [] : [sql`folders.error_code = ${code}`]),
  ];
  return sql`(${sql.join(conditions, sql` and `)})`;
}
