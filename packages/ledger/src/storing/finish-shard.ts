import type { ErrorCode } from "@exhibit/contracts";
import { type Kysely, sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { LedgerSchema } from "../schema.ts";
import { digestsOf } from "../sql/digests.ts";
import { preparedAs } from "../sql/prepared-statements.ts";
import { fileHasFailed, fileIsPlanned, isComplete, shardIsOpen } from "../states.ts";

export interface FinishedShard {
  state: "stored" | "failed";
  /** Whether nothing is open any more in the import. */
  complete: boolean;
  /**
   * A file that a person had retried is gone: the folder is open again, and its job is to be
   * enqueued.
   */
  walkAgain: boolean;
  /** The codes that the shard's files failed with, the most frequent first. */
  failures: { code: ErrorCode; files: number }[];
  files: number;
}

/**
 * Finishes an open shard that has no planned file left; returns undefined if it isn't open or still
 * has one. A retried file that is gone may have been renamed, as some remedies advise: its folder
 * is opened to be walked once more.
 */
export async function finishShard(
  { db }: Ledger,
  shardId: number,
  jobStarts: number | null = null,
): Promise<FinishedShard | undefined> {
  const { rows } = await sql<Omit<FinishedShard, "failures">>`${preparedAs("finish shard")}
    with finished as (
      update shards set sending_bytes = 0, unended_runs = 0, starts_at_end = ${jobStarts}, state = case
        when exists (select from files where shard_id = ${shardId} and ${fileHasFailed}) then 'failed' else 'stored' end
      where id = ${shardId} and ${shardIsOpen}
        and not exists (select from files where shard_id = ${shardId} and ${fileIsPlanned})
      returning id, folder_id, state, files
    ), digests as (
      ${digestsOf(sql`finished`)}
    ), folder as materialized (
      select folders.id, walk_again and planned and finished.state = 'failed' and exists (
        select from files where shard_id = ${shardId} and ${fileHasFailed}
          and error_code in ('SOURCE_NOT_FOUND', 'SOURCE_ABSENT')) as walk
      from finished join folders on folders.id = finished.folder_id
      for update of folders
    ), in_folder as (
      update folders set open_shards = open_shards - 1, planned = planned and not walk, walk_again = walk_again and not walk
      from folder where folders.id = folder.id
      returning import_id, walk
    )
    update imports set open_shards = open_shards - 1, open_folders = open_folders + walk::integer, updated_at = now(),
      status = case when walk and status = 'storing' then 'planning' else status end
    from in_folder, finished
    where imports.id = in_folder.import_id
    returning finished.state, finished.files, walk as "walkAgain", ${isComplete} as complete`.execute(
    db,
  );
  const row = rows[0];
  if (!row) return undefined;
  const failures = row.state === "stored" ? [] : await failuresOf(db, shardId);
  return { ...row, failures };
}

/**
 * Makes digests for some shards that an earlier release finished, the oldest first. Returns whether
 * there may be more.
 */
export async function recordOldDigests({ db }: Ledger, most: number): Promise<boolean> {
  const { rows } = await sql`
    with old as materialized (
      select id from shards where state <> 'open'
        and not exists (select from shard_digests where shard_digests.shard_id = shards.id)
      order by id limit ${most}
    ), made as (${digestsOf(sql`old`)} returning shard_id)
    select shard_id from made`.execute(db);
  return rows.length === most;
}

/**
 * Returns what became of a shard that had failed before its job was restarted; undefined if it
 * hadn't.
 */
export async function readFinished(
  { db }: Ledger,
  shardId: number,
  jobStarts: number,
): Promise<Pick<FinishedShard, "failures" | "files"> | undefined> {
  const shard = await db
    .selectFrom("shards")
    .select("files")
    .where("id", "=", shardId)
    .where("state", "=", "failed")
    .where("starts_at_end", "<", jobStarts)
    .executeTakeFirst();
  return shard && { ...shard, failures: await failuresOf(db, shardId) };
}

async function failuresOf(
  db: Kysely<LedgerSchema>,
  shardId: number,
): Promise<FinishedShard["failures"]> {
  const rows = await db
    .selectFrom("files")
    .select((select) => select.fn.countAll<number>().as("files"))
    // A failed file always has a code.
    .select("error_code")
    .$narrowType<{ error_code: ErrorCode }>()
    .where("shard_id", "=", shardId)
    .where("state", "=", "failed")
    .groupBy("error_code")
    .orderBy("files", "desc")
    .execute();
  return rows.map(({ error_code, files }) => ({ code: error_code, files }));
}
