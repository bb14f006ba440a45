import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { isRunning, isScheduled } from "../states.ts";

/**
 * Returns how many folders wait to be walked in imports that somebody created, or that others created
 * in their name: `key:portal` counts what it did for others. Imports that wait for their start aren't
 * counted.
 */
export async function foldersToWalk({ db }: Ledger, principal: string): Promise<number> {
  const { rows } = await sql<{ folders: number }>`
    select coalesce(sum(open_folders), 0)::integer as folders from imports
    where ${isRunning} and open_folders > 0 and not ${isScheduled} and exists (
      select from acts where acts.import_id = imports.id and acts.what = 'create'
        and (acts.who = ${principal} or starts_with(acts.who, ${`${principal} for `}))
    )`.execute(db);
  return rows[0]?.folders ?? 0;
}
