import { type Counters, counterNames, type ImportStatus, importStatuses } from "@exhibit/contracts";
import { sql } from "kysely";

export type TotalsRow = Counters & { folders: number };

/** The counters of a group of counted folders. */
export const sums = sql.join(
  counterNames.map((name) => sql`coalesce(sum(${sql.ref(name)}), 0)::bigint as ${sql.ref(name)}`),
);

/** The totals of each case. */
export const totals = sql`select key, count(*) as folders, ${sums} from counted group by key`;

/** How many imports each case has by status, and when they were created. */
export const importsByStatus = sql`
  select key, count(*) as total, min(created_at) as first_import_at, max(created_at) as last_import_at,
    ${sql.join(
      importStatuses.map(
        (status) => sql`count(*) filter (where status = ${sql.lit(status)}) as ${sql.ref(status)}`,
      ),
    )}
  from case_import group by key`;

export type ImportsRow = Record<ImportStatus | "total", number> & {
  first_import_at: string;
  last_import_at: string;
};

export function importsOf(row: ImportsRow): Record<ImportStatus | "total", number> {
  const { total, planning, storing, sealing, sealed, attention, cancelled } = row;
  return { total, planning, storing, sealing, sealed, attention, cancelled };
}
