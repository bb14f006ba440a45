import { type Counters, counterNames, type ExhibitError } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { storableDetails } from "../sql/details.ts";
import { storable } from "../sql/text.ts";
import { isCancelled, isComplete } from "../states.ts";
import { lockPlanning } from "./planning-lock.ts";
import { failUnseen } from "./rewalk.ts";

const counterObject = sql.raw(
  `json_build_object(${counterNames.map((name) => `'${name}', folders.${name}`).join(", ")})`,
);

/** A folder whose source has been walked. */
interface PlannedFolder {
  importId: string;
  /** Whether nothing is open any more in the import. */
  complete: boolean;
  /** Whether all sources of the import are walked. */
  isPlanned: boolean;
  /** The counters of the folder. */
  counters: Counters;
}

/**
 * Records that a folder's source is fully walked or, with `error`, that it can't be walked. Entries
 * that await the rewalk and weren't met fail with SOURCE_NOT_FOUND; if the source couldn't be
 * walked, they fail with the error that they had. Returns undefined when the folder is planned
 * already or the import is cancelled.
 */
export async function finishPlanning(
  { db }: Ledger,
  folderId: number,
  error?: ExhibitError,
  jobStarts: number | null = null,
): Promise<PlannedFolder | undefined> {
  return await db.transaction().execute(async (tx) => {
    await lockPlanning(tx, folderId);
    const { rows } = await sql<PlannedFolder>`
    with walked as materialized (
      select id from folders
      where id = ${folderId} and not planned
        and exists (select from imports where imports.id = folders.import_id and not ${isCancelled})
      for update
    ), missed as (
      ${failUnseen(folderId, error === undefined)}
    ), total as (
      select count(*) as missed from missed
    ), in_folder as (
      update folders set planned = true, starts_at_end = ${jobStarts}, failed = failed + total.missed,
        error_code = ${error?.code ?? null}, error = ${error === undefined ? null : storable(error.message)},
        error_at = case when ${error !== undefined} then now() end, error_details = ${storableDetails(error?.details)}::jsonb
      from walked, total
      where folders.id = walked.id
      returning import_id, total.missed, ${counterObject} as counters
    )
    update imports set open_folders = open_folders - 1, failed = failed + missed, updated_at = now(),
      status = case when open_folders = 1 and status = 'planning' then 'storing' else status end
    from in_folder
    where imports.id = in_folder.import_id
    returning imports.id as "importId", ${isComplete} as complete, imports.open_folders = 0 as "isPlanned", in_folder.counters`.execute(
      tx,
    );
    return rows[0];
  });
}
