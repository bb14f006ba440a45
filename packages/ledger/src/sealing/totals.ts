import { counterNames, ExhibitError } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";

/**
 * Compares an import's counters with the rows that they count. Returns TOTALS_WRONG with the
 * differences, or undefined.
 */
export async function compareCounters(
  { db }: Ledger,
  importId: string,
): Promise<ExhibitError | undefined> {
  const pairs = sql.raw(
    counterNames.map((name) => `('${name}', i.${name}, found.${name})`).join(", "),
  );
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
    from imports i, found, lateral (values ${pairs}) as c (name, counted, found)
    where i.id = ${importId} and c.counted <> c.found`.execute(db);
  if (rows.length === 0) return undefined;
  const differences = rows
    .map((row) => `${row.name} ${row.counted} (rows: ${row.found})`)
    .join(", ");
  return new ExhibitError(
    "TOTALS_WRONG",
    `The ledger's totals of import ${importId} are wrong: ${differences}.`,
  );
}
