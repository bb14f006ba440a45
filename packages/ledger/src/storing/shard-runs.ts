import type { ErrorCode } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { preparedAs } from "../sql/prepared-statements.ts";
import { fileIsPlanned, isRunning, shardIsOpen } from "../states.ts";

/** A shard that is claimed for one run. */
export interface ShardRow {
  id: number;
  folderId: number;
  importId: string;
  openedAt: Date;
  /**
   * How many runs in a row, right before this one, ended with the death of their worker and
   * recorded nothing.
   */
  consecutiveCrashes: number;
  /** The run's number, from 1. Above 1, something may have been sent without being recorded. */
  runNumber: number;
  files: UnfinishedFile[];
}

/** A file that is still to be stored. */
export interface UnfinishedFile {
  id: number;
  path: string;
  size: number;
  /** Milliseconds since the epoch; null if the file is taken whatever it is now. */
  modifiedMs: number | null;
  /** Its number in the folder, when the vendor opens the folder's files one by one. */
  slot: number | null;
  /** Whether a multipart upload of it is left: see `readLeftUploads`. */
  hasUpload: boolean;
  /** Why it isn't stored so far. */
  code: ErrorCode | null;
}

/**
 * Claims an open shard for one run and returns it with its unfinished files. The run counts as a
 * crash until it is closed or finished, or records progress. `traceId` is the run's trace. Returns undefined if the shard isn't
 * open or isn't known, or its import isn't running.
 */
export async function openShard(
  { db }: Ledger,
  shardId: number,
  traceId: string | null = null,
): Promise<ShardRow | undefined> {
  const taken = await sql<Omit<ShardRow, "files">>`${preparedAs("open shard")}
    update shards set unended_runs = unended_runs + 1, openings = openings + 1, trace_id = ${traceId}
    where id = ${shardId} and ${shardIsOpen} and exists (
      select from imports where imports.id = shards.import_id and ${isRunning})
    returning id, folder_id as "folderId", import_id as "importId", opened_at as "openedAt",
      unended_runs - 1 as "consecutiveCrashes", openings as "runNumber"`.execute(db);
  const shard = taken.rows[0];
  if (!shard) return undefined;
  const files = await sql<UnfinishedFile>`${preparedAs("unfinished files")}
    select id, path, size, modified_ms as "modifiedMs", slot, error_code as code,
      exists (select from uploads where file_id = files.id and not given_up) as "hasUpload"
    from files where shard_id = ${shardId} and ${fileIsPlanned}
    -- Another order than that of the pages: so the rows of one page are recorded in several batches,
    -- and each finds room on it.
    order by path collate "C"`.execute(db);
  return { ...shard, files: files.rows };
}

/** Returns whether the last run of a shard may have killed its worker. */
export async function isSuspect({ db }: Ledger, shardId: number): Promise<boolean> {
  const row = await db
    .selectFrom("shards")
    .select("id")
    .where("id", "=", shardId)
    .where("unended_runs", ">", 0)
    .executeTakeFirst();
  return row !== undefined;
}

/** Records that a run of a shard has ended in good order, whatever came of it. */
export async function closeShard({ db }: Ledger, shardId: number): Promise<void> {
  await db
    .updateTable("shards")
    .set({ unended_runs: 0 })
    .where("id", "=", shardId)
    .where("unended_runs", ">", 0)
    .execute();
}

/** Returns whether a file is still to be stored: another run of its shard may have been faster. */
export async function isPlanned({ db }: Ledger, fileId: number): Promise<boolean> {
  const file = await db
    .selectFrom("files")
    .select("state")
    .where("id", "=", fileId)
    .executeTakeFirst();
  return file?.state === "planned";
}

/** Records how many bytes of a shard's unfinished files have been sent, to show progress. */
export async function recordSending({ db }: Ledger, shardId: number, bytes: number): Promise<void> {
  await db
    .updateTable("shards")
    .set({ sending_bytes: bytes })
    .where("id", "=", shardId)
    .where("state", "=", "open")
    .execute();
}
