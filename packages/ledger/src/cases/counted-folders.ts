import { type RawBuilder, sql } from "kysely";
import { hadWrongTotals, isCancelled, isPaused, isRunning, vendorIsPaused } from "../states.ts";

/** Which imports a view of cases is about. */
export interface CasesOf {
  /** Holds for their rows in `imports`. */
  imports: RawBuilder<boolean>;
  /** The SQL of what they are grouped by, on a row of `imports`. */
  key: RawBuilder<string>;
  /** The suit to which the view is limited: folders of other suits don't count. */
  suitId?: string | undefined;
}

/** The suit that names a folder, on a row of `folders`; null where none does. */
export const suitOfFolder = sql<string | null>`nullif(btrim(folders.selector ->> 'suit_id'), '')`;

/**
 * Returns the beginning of a WITH clause that says what counts. A folder is what has the same vendor,
 * the same name there and the same source; it counts once, by its last import that wasn't cancelled.
 * So a file that a later import found identical isn't counted twice. `case_import` are the imports,
 * `counted` the folders.
 */
export function countedFolders({ imports, key, suitId = "" }: CasesOf): RawBuilder<unknown> {
  // Postgres knows nothing of how many rows such a part has, and would compare each of one with each
  // of another: parts are therefore joined to tables by their ids, and among themselves by grouping.
  return sql`
    case_import as materialized (
      select imports.id, ${key} as key, entrust_id, suit_ids, status, created_at
      from imports where ${imports} and not set_aside
    ), last_of_folder as materialized (
      select imports.key, coalesce(max(folders.id) filter (where not ${isCancelled}), max(folders.id)) as id
      from case_import imports join folders on folders.import_id = imports.id
      where ${suitId} = '' or coalesce(${suitOfFolder}, ${suitId}) = ${suitId}
      group by imports.key, imports.entrust_id, folders.vendor, folders.selector, folders.source ->> 'type',
        coalesce(folders.source ->> 'path', folders.source::text)
    ), counted as materialized (
      select last_of_folder.key, folders.id, folders.import_id, ${suitOfFolder} as suit_id, folders.error_code,
        not folders.planned or folders.open_shards > 0 as is_open, ${vendorIsPaused} as is_vendor_paused,
        folders.files, folders.bytes, folders.stored, folders.stored_bytes, folders.identical, folders.identical_bytes,
        folders.failed, folders.waived, folders.skipped, folders.vanished,
        ${isCancelled} as is_cancelled, ${isRunning} as is_running, ${isPaused} as is_paused, ${hadWrongTotals} as had_wrong_totals
      from last_of_folder join folders on folders.id = last_of_folder.id join imports on imports.id = folders.import_id
    )`;
}
