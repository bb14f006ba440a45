import type { ImportStatus } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { isWithin } from "../scope.ts";

/** The last import of a source. */
export interface LastImport {
  path: string;
  import_id: string;
  status: ImportStatus;
  created_at: Date;
}

/**
 * Returns the last import within the ledger's scope of each of these sources that was imported, by
 * the text of its path. `vendors` are those whose folders are looked at, as the index wants it.
 */
export async function readLastImports(
  ledger: Ledger,
  paths: readonly string[],
  vendors: readonly string[],
): Promise<LastImport[]> {
  if (paths.length === 0 || vendors.length === 0) return [];
  const { rows } = await sql<LastImport>`
    select distinct on (source ->> 'path') source ->> 'path' as path, imports.id as import_id, imports.status, imports.created_at
    from folders join imports on imports.id = folders.import_id
    where folders.vendor = any(${vendors}::text[]) and folders.source ->> 'path' = any(${paths}::text[])
      and ${isWithin(ledger)}
    order by source ->> 'path', folders.id desc`.execute(ledger.db);
  return rows;
}
