import type { ErrorCode } from "@exhibit/contracts";
import { sql } from "kysely";
import { leaseOf } from "./leases.ts";
import type { Ledger } from "./ledger.ts";
import { storable } from "./text.ts";

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
  const column = <T>(pick: (row: Stored, index: number) => T) => [
    ...stored.map(pick),
    ...notStored.map(() => null),
  ];
  // A column without values is none: unnest fills it up with nulls.
  const reasons = <T>(pick: (row: NotStored) => T) =>
    notStored.length > 0 ? [...stored.map(() => null), ...notStored.map(pick)] : null;
  const uploads = stored.some(({ upload }) => upload !== undefined)
    ? column(({ upload }) => upload ?? null)
    : null;
  const leases: Awaited<ReturnType<typeof leaseOf>>[] = [];
  for (const row of stored) leases.push(await leaseOf(db, folderId, row));
  await sql`
    with outcome as (
      select * from unnest(
        ${rows.map((row) => row.fileId)}::bigint[],
        ${rows.map((row) => row.state)}::text[],
        ${column((row) => row.size)}::bigint[],
        ${column((row) => row.modifiedMs)}::bigint[],
        ${column((_, index) => leases[index]?.rest)}::text[],
        ${column((row) => Buffer.from(row.sha256).toString("hex"))}::text[],
        ${column((row) => row.crc64.toString(16).padStart(16, "0"))}::text[],
        ${column((row) => row.etag ?? null)}::text[],
        ${column((row) => row.requestId ?? null)}::text[],
        ${column((row) => row.storedAt.toISOString())}::timestamptz[],
        ${column((_, index) => leases[index]?.number)}::integer[],
        ${uploads}::bigint[],
        ${reasons((row) => row.code)}::text[],
        ${reasons((row) => storable(row.message))}::text[]
      ) as o (id, state, size, modified_ms, key, sha256, crc64, etag, request_id, stored_at, lease, upload, error_code, error)
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
        modified_ms = coalesce(o.modified_ms, files.modified_ms), sha256 = decode(o.sha256, 'hex'),
        key = nullif(o.key, coalesce(files.normal, files.path)), crc64 = decode(o.crc64, 'hex'), etag = o.etag, request_id = o.request_id, stored_at = o.stored_at, lease = o.lease,
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
