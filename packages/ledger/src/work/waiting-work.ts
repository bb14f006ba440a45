import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { isWithin } from "../scope.ts";
import { isRunning } from "../states.ts";

/** What is still to be done for a vendor. */
export interface WaitingWork {
  /** Files that were found and aren't stored yet. */
  files: number;
  /** Imports with a folder that isn't done. */
  imports: number;
}

/** Returns what running imports within the ledger's scope still have to do, by vendor. */
export async function readWaitingWork(ledger: Ledger): Promise<Map<string, WaitingWork>> {
  const { rows } = await sql<WaitingWork & { vendor: string }>`
    select folders.vendor, count(distinct folders.import_id) as imports,
      sum(folders.files - folders.stored - folders.identical - folders.failed - folders.waived)::bigint as files
    from imports join folders on folders.import_id = imports.id
    where ${isRunning} and ${isWithin(ledger)} and (folders.open_shards > 0 or not folders.planned)
    group by folders.vendor`.execute(ledger.db);
  return new Map(rows.map(({ vendor, files, imports }) => [vendor, { files, imports }]));
}
