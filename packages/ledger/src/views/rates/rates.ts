import { isUnscoped, perSecond, type RateHistory } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../../ledger.ts";
import { isWithin } from "../../scope.ts";
import { checkImport } from "../../work/check-import.ts";
import { histories, until } from "../../workers/progress.ts";

/**
 * Returns how fast an import moved, or, without an id, all imports within the ledger's scope
 * together. Throws NOT_FOUND.
 */
export async function readRates(
  ledger: Ledger,
  history: keyof typeof histories,
  importId?: string,
): Promise<RateHistory> {
  if (importId !== undefined) await checkImport(ledger, importId);
  const { step, kept } = histories[history];
  const ofWhom = importId === undefined ? isOfScope(ledger) : sql`progress.import_id = ${importId}`;
  const { rows } = await sql<{ at: Date; files: number; bytes: number }>`
    select slot.at, coalesce(sum(files), 0) as files, coalesce(sum(bytes), 0) as bytes
    from (select ${until(step)} as until) as reported
      cross join lateral generate_series(reported.until - ${kept} * interval '1 second',
        reported.until - ${step} * interval '1 second', ${step} * interval '1 second') as slot (at)
      left join progress on progress.step = ${step} and progress.at = slot.at and ${ofWhom}
    group by slot.at order by slot.at`.execute(ledger.db);
  const points = rows.map(({ at, files, bytes }) => {
    return { at: at.toISOString(), ...perSecond(files / step, bytes / step) };
  });
  return { step_seconds: step, points };
}

function isOfScope(ledger: Ledger) {
  if (ledger.scope === undefined || isUnscoped(ledger.scope)) return sql`true`;
  return sql`exists (select from imports where imports.id = progress.import_id and ${isWithin(ledger)})`;
}
