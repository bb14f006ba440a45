import type { Destination } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { isWithin } from "../scope.ts";
import { textArray } from "../sql/arrays.ts";

/** The last folders of a place that are looked at. */
const MAX_FOLDERS = 100;

/**
 * Returns the sizes of those files, by their paths, that imports within the ledger's scope have
 * stored in a place, or found there; where several did, that of the last. Only the last hundred
 * folders are looked at that went there.
 */
export async function readStoredBefore(
  ledger: Ledger,
  { endpoint, bucket, prefix }: Destination,
  paths: readonly string[],
): Promise<Map<string, number>> {
  if (paths.length === 0) return new Map();
  const { rows } = await sql<{ path: string; size: number }>`
    with there as materialized (
      select folders.id from folders join imports on imports.id = folders.import_id
      where folders.bucket = ${bucket} and folders.prefix = ${prefix} and folders.endpoint = ${endpoint}
        and ${isWithin(ledger)}
      order by folders.id desc limit ${MAX_FOLDERS}
    )
    select distinct on (files.path) files.path, files.size
    from unnest(${textArray(paths)}::text[]) as wanted (path), there, files
    where files.folder_id = there.id and files.path collate "C" = wanted.path
      and files.state in ('stored', 'identical')
    order by files.path, files.folder_id desc`.execute(ledger.db);
  return new Map(rows.map(({ path, size }) => [path, size]));
}
