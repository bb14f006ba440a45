import type { ErrorCode } from "@exhibit/contracts";
import { sql } from "kysely";
import { reopenByJob } from "../actions/retry.ts";
import type { Ledger } from "../ledger.ts";
import { keptAs } from "../sql/prepared-statements.ts";

export interface ShardRow {
  id: number;
  folderId: number;
  importId: string;
  openedAt: Date;
  /** How often in a row its worker died before this run, with nothing recorded in between. */
  crashes: number;
  /** How often it has been taken up: before the second time something may have been sent without being on the record. */
  opening: number;
  files: UnfinishedFile[];
}

export interface UnfinishedFile {
  id: number;
  path: string;
  size: number;
  /** Milliseconds since the epoch; null: whatever the file is now is taken. */
  modifiedMs: number | null;
  /** Its number in the folder, when the vendor opens the folder's files one by one. */
  slot: number | null;
  /** A multipart upload of it was begun and is left: see `readLeftUploads`. */
  hasUpload: boolean;
  /** Why it isn't stored so far. */
  code: ErrorCode | null;
}

/**
 * Opens a shard for storing and gives its unfinished files. A shard that had failed is taken up again: that is what a
 * person's retry means, wherever it was pressed; unless its job was started once more since it was finished, and
 * comes again because its end couldn't be told. Its failed files are planned once more, and the import goes on.
 * Returns undefined for a shard that is done, that belongs to a cancelled import, or that isn't known.
 * The run counts as one whose worker died until `closeShard` or `finishShard`, or until it records something.
 */
export async function openShard(
  ledger: Ledger,
  shardId: number,
  starts?: number,
): Promise<ShardRow | undefined> {
  const shard = await takeUp(ledger, shardId);
  if (shard) return shard;
  const { shards } = await reopenByJob(ledger, {
    shardId,
    ...(starts !== undefined && { starts }),
  });
  return shards.length > 0 ? await takeUp(ledger, shardId) : undefined;
}

/** Undefined for a shard that isn't open. */
async function takeUp({ db }: Ledger, shardId: number): Promise<ShardRow | undefined> {
  const taken = await sql<Omit<ShardRow, "files">>`${keptAs("take up shard")}
    update shards set unended_runs = unended_runs + 1, openings = openings + 1
    where id = ${shardId} and state = 'open' and exists (
      select from imports where imports.id = shards.import_id and status in ('planning', 'storing', 'sealing'))
    returning id, folder_id as "folderId", import_id as "importId", opened_at as "openedAt",
      unended_runs - 1 as crashes, openings as opening`.execute(db);
  const shard = taken.rows[0];
  if (!shard) return undefined;
  const files = await sql<UnfinishedFile>`${keptAs("unfinished files")}
    select id, path, size, modified_ms as "modifiedMs", slot, error_code as code,
      exists (select from uploads where file_id = files.id and not given_up) as "hasUpload"
    from files where shard_id = ${shardId} and state = 'planned'
    -- Not as the rows lie: those of one page are recorded in several batches, and find room on it.
    order by path collate "C"`.execute(db);
  return { ...shard, files: files.rows };
}

/** Whether the last run of a shard may have killed its worker. */
export async function isSuspect({ db }: Ledger, shardId: number): Promise<boolean> {
  const row = await db
    .selectFrom("shards")
    .select("id")
    .where("id", "=", shardId)
    .where("unended_runs", ">", 0)
    .executeTakeFirst();
  return row !== undefined;
}

/** Says that a run of a shard has ended in good order, whatever came of it. */
export async function closeShard({ db }: Ledger, shardId: number): Promise<void> {
  await db
    .updateTable("shards")
    .set({ unended_runs: 0 })
    .where("id", "=", shardId)
    .where("unended_runs", ">", 0)
    .execute();
}

/** Whether a file still waits to be stored: another run of its shard may have been faster. */
export async function isPlanned({ db }: Ledger, fileId: number): Promise<boolean> {
  const file = await db
    .selectFrom("files")
    .select("state")
    .where("id", "=", fileId)
    .executeTakeFirst();
  return file?.state === "planned";
}

/** Tells how many bytes of a shard's unfinished files have been sent, for those who watch. */
export async function recordSending({ db }: Ledger, shardId: number, bytes: number): Promise<void> {
  await db
    .updateTable("shards")
    .set({ sending_bytes: bytes })
    .where("id", "=", shardId)
    .where("state", "=", "open")
    .execute();
}

export interface FinishedShard {
  state: "stored" | "failed";
  /** Nothing is open any more in the import. */
  complete: boolean;
  /** A file that a person had tried again is gone: the folder is open again, and its bell is to be rung. */
  walkAgain: boolean;
  /** What the shard's failed files failed with, the most frequent first. */
  failures: { code: ErrorCode; files: number }[];
  files: number;
}

/**
 * Finishes an open shard that has no planned file left; undefined if it isn't open or still has one. After a person's retry a
 * file that is gone may have been renamed, as some remedies advise: its folder is opened to be walked once more.
 */
export async function finishShard(
  { db }: Ledger,
  shardId: number,
  starts: number | null = null,
): Promise<FinishedShard | undefined> {
  const { rows } = await sql<{
    state: "stored" | "failed";
    files: number;
    complete: boolean;
    walkAgain: boolean;
  }>`${keptAs("finish shard")}
    with finished as (
      update shards set sending_bytes = 0, unended_runs = 0, starts_at_end = ${starts}, state = case
        when exists (select from files where shard_id = ${shardId} and state = 'failed') then 'failed' else 'stored' end
      where id = ${shardId} and state = 'open'
        and not exists (select from files where shard_id = ${shardId} and state = 'planned')
      returning folder_id, state, files
    ), folder as materialized (
      select folders.id, walk_again and planned and finished.state = 'failed' and exists (
        select from files where shard_id = ${shardId} and state = 'failed'
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
    returning finished.state, finished.files, walk as "walkAgain", open_folders = 0 and open_shards = 0 as complete`.execute(
    db,
  );
  const row = rows[0];
  if (!row) return undefined;
  const failures = row.state === "stored" ? [] : await failuresOf({ db } as Ledger, shardId);
  return { ...row, failures };
}

/** What came of a shard that had been finished before its job was started once more; undefined when it hadn't. */
export async function readFinished(
  { db }: Ledger,
  shardId: number,
  starts: number,
): Promise<Pick<FinishedShard, "failures" | "files"> | undefined> {
  const shard = await db
    .selectFrom("shards")
    .select("files")
    .where("id", "=", shardId)
    .where("state", "=", "failed")
    .where("starts_at_end", "<", starts)
    .executeTakeFirst();
  return shard && { ...shard, failures: await failuresOf({ db } as Ledger, shardId) };
}

async function failuresOf({ db }: Ledger, shardId: number): Promise<FinishedShard["failures"]> {
  const rows = await db
    .selectFrom("files")
    .select((select) => ["error_code", select.fn.countAll<number>().as("files")])
    .where("shard_id", "=", shardId)
    .where("state", "=", "failed")
    .groupBy("error_code")
    .orderBy("files", "desc")
    .execute();
  return rows.map((row) => ({ code: row.error_code as ErrorCode, files: row.files }));
}
