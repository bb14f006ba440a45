import type { ErrorCode } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "./ledger.ts";
import { reopenByJob } from "./retrying.ts";
import { pathBytes, pathOf, storable } from "./text.ts";

export interface ShardRow {
  id: number;
  folderId: number;
  importId: string;
  openedAt: Date;
  /** How often in a row its worker died before this run, with nothing recorded in between. */
  crashes: number;
  /** It was taken up before: what was sent then may be in OSS without being on the record. */
  isAgain: boolean;
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
  const { db } = ledger;
  await reopenByJob(ledger, { shardId, ...(starts !== undefined && { starts }) });
  const { rows } = await sql<Omit<ShardRow, "files">>`
    update shards set unended_runs = unended_runs + 1, openings = openings + 1
    where id = ${shardId} and state = 'open' and exists (
      select from imports where imports.id = shards.import_id and status in ('planning', 'storing', 'sealing'))
    returning id, folder_id as "folderId", import_id as "importId", opened_at as "openedAt",
      unended_runs - 1 as crashes, openings > 1 as "isAgain"`.execute(db);
  const shard = rows[0];
  if (!shard) return undefined;
  const files = await db
    .selectFrom("files")
    .select(["id", pathBytes("path").as("path"), "size", "modified_ms as modifiedMs", "slot"])
    .where("shard_id", "=", shardId)
    .where("state", "=", "planned")
    .orderBy("id")
    .execute();
  return { ...shard, files: files.map((file) => ({ ...file, path: pathOf(file.path) })) };
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

export interface Stored {
  fileId: number;
  state: "stored" | "identical";
  size: number;
  modifiedMs: number;
  key: string;
  /** 32 bytes. */
  sha256: Uint8Array;
  /** Unsigned. */
  crc64: bigint;
  etag: string | undefined;
  requestId: string | undefined;
  storedAt: Date;
  leaseId: string;
  /** The ledger's number of the multipart upload that became the object: it is taken off the record. */
  upload?: number | undefined;
}

/** `planned`: it will be tried again by itself; `failed`: a person has to look at it. */
export interface NotStored {
  fileId: number;
  state: "failed" | "planned";
  code: ErrorCode;
  message: string;
}

/**
 * Records what became of files, in one statement: rows, the folder's counters and the import's change together.
 * Only `planned` files change, so an outcome that arrives twice counts once.
 */
export async function recordOutcomes(
  { db }: Ledger,
  folderId: number,
  stored: readonly Stored[],
  notStored: readonly NotStored[],
): Promise<void> {
  const rows = [...stored, ...notStored];
  if (rows.length === 0) return;
  const column = <T>(pick: (row: Stored) => T) => [
    ...stored.map(pick),
    ...notStored.map(() => null),
  ];
  const reasons = <T>(pick: (row: NotStored) => T) => [
    ...stored.map(() => null),
    ...notStored.map(pick),
  ];
  await sql`
    with outcome as (
      select * from unnest(
        ${rows.map((row) => row.fileId)}::bigint[],
        ${rows.map((row) => row.state)}::text[],
        ${column((row) => row.size)}::bigint[],
        ${column((row) => row.modifiedMs)}::bigint[],
        ${column((row) => row.key)}::text[],
        ${column((row) => Buffer.from(row.sha256).toString("hex"))}::text[],
        ${column((row) => String(row.crc64))}::text[],
        ${column((row) => row.etag ?? null)}::text[],
        ${column((row) => row.requestId ?? null)}::text[],
        ${column((row) => row.storedAt.toISOString())}::timestamptz[],
        ${column((row) => row.leaseId)}::text[],
        ${column((row) => row.upload ?? null)}::bigint[],
        ${reasons((row) => row.code)}::text[],
        ${reasons((row) => storable(row.message))}::text[]
      ) as o (id, state, size, modified_ms, key, sha256, crc64, etag, request_id, stored_at, lease_id, upload, error_code, error)
    ), alive as (
      -- Files that are done with are progress; locked first, as everywhere: shards, files, folders, imports.
      update shards set unended_runs = 0
      where unended_runs > 0 and id in (
        select shard_id from files join outcome on outcome.id = files.id
        where files.state = 'planned' and outcome.state <> 'planned')
      returning id
    ), planned as (
      select files.id, files.size from files where files.id in (select id from outcome) and state = 'planned'
        and (select count(*) from alive) >= 0
      order by files.id for update
    ), changed as (
      update files set state = o.state, size = coalesce(o.size, files.size),
        modified_ms = coalesce(o.modified_ms, files.modified_ms), key = o.key, sha256 = decode(o.sha256, 'hex'),
        crc64 = o.crc64, etag = o.etag, request_id = o.request_id, stored_at = o.stored_at, lease_id = o.lease_id,
        error_code = o.error_code, error = o.error
      from outcome o, planned
      where files.id = o.id and files.id = planned.id
      returning files.state, files.size, files.size - planned.size as grown, o.upload
    ), completed as (
      delete from uploads using changed where uploads.id = changed.upload
    ), total as (
      select
        coalesce(sum(grown), 0)::bigint as grown,
        count(*) filter (where state = 'stored') as stored,
        coalesce(sum(size) filter (where state = 'stored'), 0)::bigint as stored_bytes,
        count(*) filter (where state = 'identical') as identical,
        coalesce(sum(size) filter (where state = 'identical'), 0)::bigint as identical_bytes,
        count(*) filter (where state = 'failed') as failed
      from changed
    ), in_folder as (
      update folders set bytes = folders.bytes + t.grown, stored = folders.stored + t.stored,
        stored_bytes = folders.stored_bytes + t.stored_bytes, identical = folders.identical + t.identical,
        identical_bytes = folders.identical_bytes + t.identical_bytes, failed = folders.failed + t.failed
      from total t
      where folders.id = ${folderId}
      returning import_id
    )
    update imports set bytes = imports.bytes + t.grown, stored = imports.stored + t.stored,
      stored_bytes = imports.stored_bytes + t.stored_bytes, identical = imports.identical + t.identical,
      identical_bytes = imports.identical_bytes + t.identical_bytes, failed = imports.failed + t.failed,
      updated_at = now()
    from in_folder, total t
    where imports.id = in_folder.import_id`.execute(db);
}

/** Remembers where a folder's files go; the first lease of the folder says it. */
export async function recordDestination(
  { db }: Ledger,
  folderId: number,
  destination: { endpoint: string; bucket: string; prefix: string },
): Promise<void> {
  await db
    .updateTable("folders")
    .set(destination)
    .where("id", "=", folderId)
    .where((where) =>
      where.or([
        where("prefix", "is", null),
        where("prefix", "!=", destination.prefix),
        where("bucket", "!=", destination.bucket),
        where("endpoint", "!=", destination.endpoint),
      ]),
    )
    .execute();
}

/** Whether files have been stored by another folder of the same place: an import that is done again. */
export async function isPlaceInUse({ db }: Ledger, folderId: number): Promise<boolean> {
  const { rows } = await sql`
    select from folders own join folders other
      on other.bucket = own.bucket and other.prefix = own.prefix and other.endpoint = own.endpoint
    where own.id = ${folderId} and own.prefix is not null and other.prefix is not null and other.id <> own.id
      and other.stored + other.identical > 0
    limit 1`.execute(db);
  return rows.length > 0;
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
  /** What the shard's failed files failed with, the most frequent first. */
  failures: { code: ErrorCode; files: number }[];
  files: number;
}

/** Finishes an open shard that has no planned file left; undefined if it isn't open or still has one. */
export async function finishShard(
  { db }: Ledger,
  shardId: number,
  starts: number | null = null,
): Promise<FinishedShard | undefined> {
  const { rows } = await sql<{ state: "stored" | "failed"; files: number; complete: boolean }>`
    with finished as (
      update shards set sending_bytes = 0, unended_runs = 0, starts_at_end = ${starts}, state = case
        when exists (select from files where shard_id = ${shardId} and state = 'failed') then 'failed' else 'stored' end
      where id = ${shardId} and state = 'open'
        and not exists (select from files where shard_id = ${shardId} and state = 'planned')
      returning folder_id, state, files
    ), in_folder as (
      update folders set open_shards = open_shards - 1 from finished where folders.id = finished.folder_id
      returning import_id
    )
    update imports set open_shards = open_shards - 1, updated_at = now()
    from in_folder, finished
    where imports.id = in_folder.import_id
    returning finished.state, finished.files, open_folders = 0 and open_shards = 0 as complete`.execute(
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
