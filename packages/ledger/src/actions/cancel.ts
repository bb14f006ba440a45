import { sql } from "kysely";
import { type By, recordAuditEvent, unnamed } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import { isWithin } from "../scope.ts";
import { isClosed } from "../states.ts";
import { whyClosed } from "./selection.ts";

/**
 * Ends an import, whatever is still open in it; what is stored stays on record. Workers notice and
 * stop. Throws NOT_FOUND, or STATE_CONFLICT for an import that is sealed or cancelled.
 */
export async function cancelImport(
  { db, scope }: Ledger,
  importId: string,
  by: By = unnamed,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { rows } = await sql`
      update imports set status = 'cancelled', finished_at = now(), updated_at = now(),
        paused_at = null, paused_by = null, paused_why = null
      where id = ${importId} and not ${isClosed} and ${isWithin({ scope })}
      returning id`.execute(tx);
    if (rows.length === 0) throw await whyClosed({ db: tx, scope }, importId, "cancel");
    await recordAuditEvent(tx, { importId, what: "cancel", by });
  });
}
