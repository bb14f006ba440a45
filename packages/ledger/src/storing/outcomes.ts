import type { ErrorCode, ExhibitError, IdenticalBy, ObjectProof } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { bytesArray, plainArray, textArray } from "../sql/arrays.ts";
import { storableDetails } from "../sql/details.ts";
import { preparedAs } from "../sql/prepared-statements.ts";
import { storable } from "../sql/text.ts";
import { receiptLeasesOf } from "./receipt-leases.ts";

/** A file that is in OSS, with its receipt. */
export interface StoredFile extends ObjectProof {
  fileId: number;
  state: "stored" | "identical";
  /** What proves an identical file. */
  identicalBy?: IdenticalBy | undefined;
  modifiedMs: number;
  /** The ledger's number of the multipart upload that became the object; it is removed. */
  upload?: number | undefined;
}

/**
 * A file that isn't stored: a `planned` one will be tried again without anybody's help, a `failed`
 * one needs a person.
 */
export interface NotStored {
  fileId: number;
  state: "failed" | "planned";
  code: ErrorCode;
  message: string;
  /** The parts of the message. */
  details?: ExhibitError["details"] | undefined;
}

/**
 * Records what became of files in one statement: rows, the folder's counters and the import's
 * change together. Only `planned` files change, so an outcome that arrives twice counts once.
 * `worker` is the number of the worker's facts.
 */
export async function recordOutcomes(
  { db }: Ledger,
  folderId: number,
  stored: readonly StoredFile[],
  notStored: readonly NotStored[],
  worker: number | null = null,
): Promise<void> {
  const rows = [...stored, ...notStored];
  if (rows.length === 0) return;
  const column = <T>(pick: (row: StoredFile, index: number) => T) => [
    ...stored.map(pick),
    ...notStored.map(() => null),
  ];
  // A column without values is left out: unnest fills it up with nulls.
  const reasons = (
    pick: (row: NotStored) => string | null,
    array: (values: (string | null)[]) => string,
  ) => (notStored.length > 0 ? array([...stored.map(() => null), ...notStored.map(pick)]) : null);
  const known = <T>(
    pick: (row: StoredFile) => T | undefined,
    array: (values: (T | null | undefined)[]) => string,
  ) => (stored.some((row) => pick(row) !== undefined) ? array(column(pick)) : null);
  const uploads = known((row) => row.upload, plainArray);
  const versions = known((row) => row.versionId, textArray);
  const proofs = known((row) => row.identicalBy, textArray);
  const sm3s = known((row) => row.sm3 && hexOf(row.sm3), bytesArray);
  const retained = known((row) => row.retainedUntil?.toISOString(), plainArray);
  const leases = await receiptLeasesOf(db, { folderId, worker }, stored);
  await sql`${preparedAs("outcomes")}
    with outcome as (
      select * from unnest(
        ${plainArray(rows.map((row) => row.fileId))}::bigint[],
        ${plainArray(rows.map((row) => row.state))}::text[],
        ${plainArray(column((row) => row.size))}::bigint[],
        ${plainArray(column((row) => row.modifiedMs))}::bigint[],
        ${textArray(column((_, index) => leases[index]?.rest))}::text[],
        ${bytesArray(column((row) => hexOf(row.sha256)))}::bytea[],
        ${bytesArray(column((row) => row.crc64.toString(16).padStart(16, "0")))}::bytea[],
        ${textArray(column((row) => row.etag))}::text[],
        ${textArray(column((row) => row.requestId))}::text[],
        ${plainArray(column((row) => row.storedAt.getTime()))}::float8[],
        ${plainArray(column((_, index) => leases[index]?.number))}::integer[],
        ${uploads}::bigint[],
        ${versions}::text[],
        ${proofs}::text[],
        ${sm3s}::bytea[],
        ${retained}::timestamptz[],
        ${reasons((row) => row.code, plainArray)}::text[],
        ${reasons((row) => storable(row.message), textArray)}::text[],
        ${reasons((row) => storableDetails(row.details), textArray)}::text[]
      ) as o (id, state, size, modified_ms, key, sha256, crc64, etag, request_id, stored_ms, lease, upload, version_id, identical_by, sm3, retained_until,
        error_code, error, error_details)
      order by id
    ), alive as (
      -- Files that are done with are progress. Shards are locked first, then files, folders, imports.
      update shards set unended_runs = 0
      where unended_runs > 0 and id in (
        select f.shard_id from outcome o cross join lateral (
          select shard_id from files where files.id = o.id and files.state = 'planned' limit 1
        ) f where o.state <> 'planned')
      returning id
    ), planned as materialized (
      -- Locks the files by ascending id; the update's join may take them in any order.
      select o.*, f.size as size_before from outcome o cross join lateral (
        select size from files where files.id = o.id and files.state = 'planned'
          and (select count(*) from alive) >= 0
          and not exists (select from folders join imports on imports.id = folders.import_id
            where folders.id = ${folderId} and imports.sealed_number is not null)
        limit 1 for update
      ) f
    ), changed as (
      update files set state = o.state, size = coalesce(o.size, files.size),
        modified_ms = coalesce(o.modified_ms, files.modified_ms), sha256 = o.sha256,
        key = nullif(o.key, coalesce(files.normal, files.path)), crc64 = o.crc64, etag = o.etag, request_id = o.request_id,
        stored_at = to_timestamp(o.stored_ms / 1000), lease = o.lease, version_id = o.version_id, identical_by = o.identical_by, sm3 = o.sm3,
        retained_until = o.retained_until,
        error_code = o.error_code, error = o.error, error_at = case when o.error_code is not null then now() end, error_details = o.error_details::jsonb
      from planned o
      where files.id = o.id
      returning files.state, files.size, files.size - o.size_before as grown, o.upload
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

function hexOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("hex");
}
