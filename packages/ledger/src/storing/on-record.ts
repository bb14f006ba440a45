import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { textArray } from "../sql/arrays.ts";

/** An object, with the SHA-256 that it would have as a file's. */
export interface ObjectOnRecord {
  endpoint: string;
  bucket: string;
  key: string;
  /** With its quotes. */
  etag: string;
  /** 32 bytes. */
  sha256: Uint8Array;
}

/** The last folders of a place that are looked at. */
const MAX_FOLDERS = 100;

/**
 * Returns whether a receipt has this very object with this SHA-256: one of a file with this path that
 * we stored, or found and proved by more than its CRC64. Only the last hundred folders are looked at
 * that went where the object is.
 */
export async function isOnRecord(
  { db }: Ledger,
  { endpoint, bucket, key, etag, sha256 }: ObjectOnRecord,
  path: string,
): Promise<boolean> {
  const { rows } = await sql<{ isThere: boolean }>`
    with there as materialized (
      select id from folders
      where bucket = ${bucket} and prefix = any(${textArray(prefixesOf(key))}::text[]) and endpoint = ${endpoint}
      order by id desc limit ${MAX_FOLDERS}
    )
    select exists (
      select from there join files on files.folder_id = there.id
        join lease_uses on lease_uses.number = files.lease
      where files.path collate "C" = ${path} and files.sha256 = ${sha256} and files.etag = ${etag}
        and lease_uses.endpoint = ${endpoint} and lease_uses.bucket = ${bucket}
        and lease_uses.prefix || coalesce(files.key, files.normal, files.path) = ${key}
        and (files.state = 'stored' or (files.state = 'identical' and files.identical_by <> 'crc64'))
    ) as "isThere"`.execute(db);
  return rows[0]?.isThere === true;
}

/** Returns what a key may have as its lease's prefix: nothing, and all that ends with a slash. */
function prefixesOf(key: string): string[] {
  return ["", ...[...key.matchAll(/\//g)].map(({ index }) => key.slice(0, index + 1))];
}
