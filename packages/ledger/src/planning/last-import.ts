import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { shownPathIn } from "../sql/text.ts";

/** A folder of an earlier import. */
export interface LastFolder {
  id: number;
  importId: string;
  /** When its import was created. */
  createdAt: Date;
  /** How many files it stored or found identical. */
  files: number;
}

/**
 * Finds the folder of the last import from the same source to the same place that was fully walked.
 */
export async function readLast({ db }: Ledger, folderId: number): Promise<LastFolder | undefined> {
  const { rows } = await sql<LastFolder>`
    select last.id, last.import_id as "importId", of_last.created_at as "createdAt", last.stored + last.identical as files
    from folders own join imports of_own on of_own.id = own.import_id
      join folders last on last.vendor = own.vendor and last.source ->> 'path' = own.source ->> 'path'
      join imports of_last on of_last.id = last.import_id
    where own.id = ${folderId} and last.id < own.id and last.import_id <> own.import_id
      and last.selector = own.selector and of_last.entrust_id is not distinct from of_own.entrust_id
      and last.planned and last.error_code is null and of_last.status <> 'cancelled'
    order by last.id desc
    limit 1`.execute(db);
  return rows[0];
}

/** How many vanished files are named. */
const NAMED = 3;

/**
 * Records which files of an earlier import aren't in a fully walked source any more. Repeating it
 * is harmless.
 */
export async function compareWithLast(
  { db }: Ledger,
  folderId: number,
  last: Pick<LastFolder, "id">,
): Promise<void> {
  await sql`
    with vanished as materialized (
      select old.path, ${shownPathIn("old")} as shown from files old
      where old.folder_id = ${last.id} and old.state in ('stored', 'identical')
        and not exists (select from files where folder_id = ${folderId} and files.path collate "C" = old.path)
    ), named as (
      select path, shown from vanished order by path collate "C" limit ${NAMED}
    )
    update folders set compared_with = ${last.id}, vanished = (select count(*) from vanished),
      vanished_paths = (select array_agg(shown order by path collate "C") from named)
    where id = ${folderId}`.execute(db);
}
