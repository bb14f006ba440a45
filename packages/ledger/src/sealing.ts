import { ExhibitError, type ImportStatus } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "./ledger.ts";

/**
 * Ends an import in which nothing is open any more: `sealed`, or `attention` when files or folders failed.
 * The counters are compared with the rows they count first; a difference is a fault of ours and stops the seal.
 * Returns the status it ended in, or undefined when there is still something open (or it had ended already).
 */
export async function sealImport(
  ledger: Ledger,
  importId: string,
): Promise<ImportStatus | undefined> {
  const { db } = ledger;
  const { rows } = await sql<{ id: string }>`
    update imports set status = 'sealing', updated_at = now()
    where id = ${importId} and status in ('storing', 'sealing') and open_folders = 0 and open_shards = 0
    returning id`.execute(db);
  if (rows.length === 0) return undefined;
  await checkCounters(ledger, importId);
  const ended = await sql<{ status: ImportStatus }>`
    update imports set
      status = case
        when failed > 0 or exists (select from folders where import_id = imports.id and error_code is not null)
        then 'attention' else 'sealed' end,
      finished_at = now(), updated_at = now()
    where id = ${importId} and status = 'sealing' and open_folders = 0 and open_shards = 0
    returning status`.execute(db);
  return ended.rows[0]?.status;
}

async function checkCounters({ db }: Ledger, importId: string): Promise<void> {
  const { rows } = await sql<{ name: string; counted: number; found: number }>`
    with found as (
      select
        count(*) filter (where f.state <> 'skipped') as files,
        coalesce(sum(f.size) filter (where f.state <> 'skipped'), 0)::bigint as bytes,
        count(*) filter (where f.state = 'stored') as stored,
        coalesce(sum(f.size) filter (where f.state = 'stored'), 0)::bigint as stored_bytes,
        count(*) filter (where f.state = 'identical') as identical,
        coalesce(sum(f.size) filter (where f.state = 'identical'), 0)::bigint as identical_bytes,
        count(*) filter (where f.state = 'failed') as failed,
        count(*) filter (where f.state = 'waived') as waived,
        count(*) filter (where f.state = 'skipped') as skipped
      from files f join folders on folders.id = f.folder_id
      where folders.import_id = ${importId}
    )
    select c.name, c.counted, c.found
    from imports i, found, lateral (values
      ('files', i.files, found.files), ('bytes', i.bytes, found.bytes),
      ('stored', i.stored, found.stored), ('stored_bytes', i.stored_bytes, found.stored_bytes),
      ('identical', i.identical, found.identical), ('identical_bytes', i.identical_bytes, found.identical_bytes),
      ('failed', i.failed, found.failed), ('waived', i.waived, found.waived), ('skipped', i.skipped, found.skipped)
    ) as c (name, counted, found)
    where i.id = ${importId} and c.counted <> c.found`.execute(db);
  if (rows.length === 0) return;
  const differences = rows
    .map((row) => `${row.name} ${row.counted} (rows: ${row.found})`)
    .join(", ");
  throw new ExhibitError(
    "INTERNAL",
    `The ledger's totals of import ${importId} are wrong: ${differences}.`,
  );
}
