import type { AcknowledgedPart, OpenUpload } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";

/** An upload that was begun and has neither become an object nor been given up. */
export interface LeftUpload extends OpenUpload {
  /** The ledger's number of it. */
  id: number;
  /** What the file was when it was begun. */
  size: number;
  modifiedMs: number;
  parts: AcknowledgedPart[];
}

/** Puts an upload on the record, and what its source was; gives the ledger's number of it. */
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
 * Records a part; sent again, it replaces what was known of its number. Harmless for an upload that is off the record.
 * A part is progress: the run of its shard isn't one of a worker that dies and gets nothing done.
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
    where id = ${id} and (select count(*) from alive) >= 0 -- the shard is locked first, as everywhere
    for key share
    on conflict (upload, number) do update set etag = excluded.etag, crc64 = excluded.crc64`.execute(
    db,
  );
}

/** Says that nobody will go on with an upload: from now on it waits to be aborted. */
export async function giveUpUpload({ db }: Ledger, id: number): Promise<void> {
  await db.updateTable("uploads").set({ given_up: true }).where("id", "=", id).execute();
}

/** What was begun for a shard's planned files, by file; of several for one file the latest. */
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
