import type { AcknowledgedPart, OpenUpload } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";

/** An upload that has neither become an object nor been given up. */
export interface LeftUpload extends OpenUpload {
  /** The ledger's number of it. */
  id: number;
  /** The file's size when the upload began. */
  size: number;
  modifiedMs: number;
  parts: AcknowledgedPart[];
}

/** Records an upload and the state of its source. Returns the ledger's number of it. */
export async function recordUpload(
  { db }: Ledger,
  fileId: number,
  source: { size: number; modifiedMs: number },
  upload: OpenUpload,
): Promise<number> {
  const { id } = await db
    .insertInto("uploads")
    .values({
      file_id: fileId,
      upload_id: upload.uploadId,
      endpoint: upload.endpoint,
      bucket: upload.bucket,
      key: upload.key,
      part_size: upload.partSize,
      size: source.size,
      modified_ms: source.modifiedMs,
      began_at: upload.beganAt,
    })
    .returning("id")
    .executeTakeFirstOrThrow();
  return id;
}

/**
 * Records a part; a part that is sent again replaces the earlier one with its number. Does nothing
 * for an upload that isn't recorded any more. A part is progress: its shard's run doesn't count as
 * a crash any more.
 */
export async function recordPart(
  { db }: Ledger,
  id: number,
  part: AcknowledgedPart,
): Promise<void> {
  await sql`
    with alive as (
      update shards set unended_runs = 0
      where unended_runs > 0 and id in (
        select shard_id from files join uploads on uploads.file_id = files.id where uploads.id = ${id})
      returning id
    )
    insert into upload_parts (upload, number, etag, crc64)
    select uploads.id, ${part.number}::integer, ${part.etag}, ${String(part.crc64)} from uploads
    where id = ${id} and (select count(*) from alive) >= 0 -- locks the shard first, as everywhere
    for key share
    on conflict (upload, number) do update set etag = excluded.etag, crc64 = excluded.crc64`.execute(
    db,
  );
}

/** Records that nobody will resume an upload: from now on, it waits to be aborted. */
export async function giveUpUpload({ db }: Ledger, id: number): Promise<void> {
  await db.updateTable("uploads").set({ given_up: true }).where("id", "=", id).execute();
}

/** Returns the uploads left for a shard's planned files, by file: the latest of each. */
export async function readLeftUploads(
  { db }: Ledger,
  shardId: number,
): Promise<Map<number, LeftUpload>> {
  const uploads = await db
    .selectFrom("uploads")
    .innerJoin("files", "files.id", "uploads.file_id")
    .selectAll("uploads")
    .where("files.shard_id", "=", shardId)
    .where("files.state", "=", "planned")
    .where("uploads.given_up", "=", false)
    .orderBy("uploads.id")
    .execute();
  const left = new Map(uploads.map((row) => [row.file_id, row]));
  const ids = [...left.values()].map(({ id }) => id);
  if (ids.length === 0) return new Map();
  const parts = await db
    .selectFrom("upload_parts")
    .selectAll()
    .where("upload", "in", ids)
    .orderBy("number")
    .execute();
  const partsOf = Map.groupBy(parts, ({ upload }) => upload);
  return new Map(
    [...left].map(([fileId, row]) => {
      const { id, endpoint, bucket, key, size } = row;
      const known = (partsOf.get(id) ?? []).map(({ number, etag, crc64 }) => {
        return { number, etag, crc64: BigInt(crc64) };
      });
      return [
        fileId,
        {
          ...{ id, uploadId: row.upload_id, endpoint, bucket, key, partSize: row.part_size },
          ...{ size, modifiedMs: row.modified_ms, beganAt: row.began_at, parts: known },
        },
      ];
    }),
  );
}
