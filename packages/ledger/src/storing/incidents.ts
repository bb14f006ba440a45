import type { ErrorCode } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { plainArray, textArray } from "../sql/arrays.ts";
import { storable } from "../sql/text.ts";

/** What touched a file's integrity, whatever becomes of the file. */
export interface Incident {
  fileId: number;
  at: Date;
  code: ErrorCode;
  message: string;
}

/**
 * Records incidents of a folder's files; those that are recorded already change nothing. `worker`
 * is the number of the worker's facts.
 */
export async function recordIncidents(
  { db }: Ledger,
  folderId: number,
  incidents: readonly Incident[],
  worker: number | null = null,
): Promise<void> {
  if (incidents.length === 0) return;
  await sql`
    with held as materialized (
      -- Else it could get a number below that of the last one that is sealed, and be seen only after it.
      select imports.id from imports join folders on folders.import_id = imports.id
      where folders.id = ${folderId} for share of imports
    )
    insert into incidents (folder_id, file_id, at, code, message, worker)
    select ${folderId}, i.file_id, i.at, i.code, i.message, ${worker}::integer
    from unnest(
      ${plainArray(incidents.map(({ fileId }) => fileId))}::bigint[],
      ${plainArray(incidents.map(({ at }) => at.toISOString()))}::timestamptz[],
      ${plainArray(incidents.map(({ code }) => code))}::text[],
      ${textArray(incidents.map(({ message }) => storable(message)))}::text[]
    ) as i (file_id, at, code, message)
    where (select count(*) from held) >= 0 and not exists (select from incidents known
      where known.file_id = i.file_id and known.at = i.at and known.code = i.code and known.message = i.message)`.execute(
    db,
  );
}
