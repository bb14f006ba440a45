import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { fileIsPlanned, isCancelled, vendorIsPaused } from "../states.ts";

/** A multipart upload that nobody will resume, and its file. */
export interface OrphanedUpload {
  /** The ledger's number of it. */
  id: number;
  uploadId: string;
  endpoint: string;
  bucket: string;
  key: string;
  folderId: number;
  path: string;
  slot: number | null;
}

/**
 * Finds uploads, of one shard or of all, that were given up, whose file isn't `planned` any more,
 * or whose import is cancelled. One that couldn't be aborted is left out for a while, and one of a
 * paused vendor until that is resumed: aborting takes a lease.
 */
export async function findOrphanedUploads(
  { db }: Ledger,
  { limit, shardId }: { limit: number; shardId?: number },
): Promise<OrphanedUpload[]> {
  const { rows } = await sql<OrphanedUpload>`
    select uploads.id, uploads.upload_id as "uploadId", uploads.endpoint, uploads.bucket, uploads.key,
      files.folder_id as "folderId", files.path, files.slot
    from uploads
      join files on files.id = uploads.file_id
      join folders on folders.id = files.folder_id
      join imports on imports.id = folders.import_id
    where uploads.abort_at <= now() and (uploads.given_up or not ${fileIsPlanned} or ${isCancelled})
      and not ${vendorIsPaused}
      and ${shardId === undefined ? sql`true` : sql`files.shard_id = ${shardId}`}
    order by uploads.abort_at
    limit ${limit}`.execute(db);
  return rows;
}

/** Removes an upload that was aborted. */
export async function forgetUpload({ db }: Ledger, id: number): Promise<void> {
  await db.deleteFrom("uploads").where("id", "=", id).execute();
}

/**
 * Postpones an upload that couldn't be aborted: by five seconds, then twice as long each time, up
 * to a day.
 */
export async function postponeAbort({ db }: Ledger, id: number): Promise<void> {
  await sql`
    update uploads set aborts = aborts + 1,
      abort_at = now() + least(86400, 5 * 2 ^ least(aborts, 20)) * interval '1 second'
    where id = ${id}`.execute(db);
}
