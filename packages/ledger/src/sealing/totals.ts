import { counterNames, ExhibitError, type FileState } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";

type CounterName = (typeof counterNames)[number];

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
  return rows.length === 0 ? undefined : wrongTotals(importId, rows, "rows");
}

/** How many entries, and of what size, a pass over an import has met in each state. */
export type MetEntries = Readonly<Record<FileState, { files: number; bytes: number }>>;

/** Compares an import's counters with what a pass has met, in the same way. */
export function compareMet(
  importId: string,
  counters: Readonly<Record<CounterName, number>>,
  { skipped, ...others }: MetEntries,
): ExhibitError | undefined {
  const sum = (of: "files" | "bytes") =>
    Object.values(others).reduce((total, each) => total + each[of], 0);
  const met: Record<CounterName, number> = {
    files: sum("files"),
    bytes: sum("bytes"),
    stored: others.stored.files,
    stored_bytes: others.stored.bytes,
    identical: others.identical.files,
    identical_bytes: others.identical.bytes,
    failed: others.failed.files,
    waived: others.waived.files,
    skipped: skipped.files,
  };
  const wrong = counterNames
    .filter((name) => met[name] !== counters[name])
    .map((name) => ({ name, counted: counters[name], found: met[name] }));
  return wrong.length === 0 ? undefined : wrongTotals(importId, wrong, "entries");
}

function wrongTotals(
  importId: string,
  wrong: readonly { name: string; counted: number; found: number }[],
  what: "rows" | "entries",
): ExhibitError {
  const differences = wrong
    .map(({ name, counted, found }) => `${name} ${counted} (${what}: ${found})`)
    .join(", ");
  return new ExhibitError(
    "TOTALS_WRONG",
    `The ledger's totals of import ${importId} are wrong: ${differences}.`,
  );
}
