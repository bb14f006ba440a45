import type { ImportStatus } from "@exhibit/contracts";
import { sql, type Transaction } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { LedgerSchema } from "../schema.ts";
import { awaitsSeal, hadWrongTotals, isComplete, isPaused } from "../states.ts";
import { compareCounters } from "./totals.ts";

/**
 * Ends an import in which nothing is open any more: as `sealed`, or as `attention` if files or
 * folders failed. Compares the counters with the rows that they count first. A difference is a
 * fault of ours: it leaves the import in `attention`, and TOTALS_WRONG is thrown; a retry, also of
 * the job, compares again. Returns the status that it ended in; undefined if something is still
 * open, it is paused, or it had ended already.
 */
export async function sealImport(
  ledger: Ledger,
  importId: string,
): Promise<ImportStatus | undefined> {
  const { db } = ledger;
  const { rows } = await sql<{ id: string }>`
    update imports set status = 'sealing', finished_at = null, error_code = null, error = null, updated_at = now()
    where id = ${importId} and ${isComplete} and not ${isPaused} and (${awaitsSeal} or ${hadWrongTotals})
    returning id`.execute(db);
  if (rows.length === 0) return undefined;
  const wrong = await compareCounters(ledger, importId);
  if (wrong) {
    await db
      .updateTable("imports")
      .set({ status: "attention", error_code: wrong.code, error: wrong.message })
      .set({ finished_at: sql`now()`, updated_at: sql`now()` })
      .where("id", "=", importId)
      .where("status", "=", "sealing")
      .execute();
    throw wrong;
  }
  const ended = await sql<{ status: ImportStatus }>`
    update imports set
      status = case
        when failed > 0 or exists (select from folders where import_id = imports.id and error_code is not null)
        then 'attention' else 'sealed' end,
      finished_at = now(), updated_at = now()
    where id = ${importId} and status = 'sealing' and ${isComplete} and not ${isPaused}
    returning status`.execute(db);
  return ended.rows[0]?.status;
}

/**
 * Makes an import whose totals were wrong be compared again. Returns whether its seal job is to be
 * enqueued.
 */
export async function reopenSeal(
  tx: Transaction<LedgerSchema>,
  importId: string,
): Promise<boolean> {
  const { rows } = await sql`
    update imports set status = 'sealing', finished_at = null, updated_at = now()
    where id = ${importId} and ${isComplete} and ${hadWrongTotals}
    returning id`.execute(tx);
  return rows.length > 0;
}
