import { ExhibitError, type Priority } from "@exhibit/contracts";
import { sql } from "kysely";
import { type By, recordAuditEvent, storableWhy } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import { isWithin } from "../scope.ts";
import { storable } from "../sql/text.ts";
import { awaitsSeal, isClosed, isComplete, isPaused, isScheduled } from "../states.ts";
import { checkImport } from "../work/check-import.ts";
import { unplannedFolders } from "../work/folders.ts";
import { whyClosed } from "./selection.ts";

/**
 * Pauses an import until it is resumed; its status stays. Workers notice and stop. Throws
 * NOT_FOUND, or STATE_CONFLICT for an import that is sealed, cancelled, or paused already.
 */
export async function pauseImport({ db, scope }: Ledger, importId: string, by: By): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { rows } = await sql`
      update imports set paused_at = now(), paused_by = ${storable(by.who)}, paused_why = ${storableWhy(by)}, updated_at = now()
      where id = ${importId} and not ${isPaused} and not ${isClosed} and ${isWithin({ scope })}
      returning id`.execute(tx);
    if (rows.length === 0) {
      const closed = await whyClosed({ db: tx, scope }, importId, "pause");
      throw closed ?? conflict(`Import ${importId} is paused already.`);
    }
    await recordAuditEvent(tx, { importId, what: "pause", by });
  });
}

/**
 * Resumes an import; the caller enqueues the jobs of what is open in it. Throws NOT_FOUND, or
 * STATE_CONFLICT for an import that isn't paused.
 */
export async function resumeImport(
  { db, scope }: Ledger,
  importId: string,
  by: By,
): Promise<{ folderIds: number[]; complete: boolean; priority: Priority }> {
  return await db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ complete: boolean; scheduled: boolean; priority: Priority }>`
      update imports set paused_at = null, paused_by = null, paused_why = null, updated_at = now()
      where id = ${importId} and ${isPaused} and ${isWithin({ scope })}
      returning ${isComplete} and ${awaitsSeal} as complete, ${isScheduled} as scheduled, priority`.execute(
      tx,
    );
    const [row] = rows;
    if (!row) {
      await checkImport({ db: tx, scope }, importId);
      throw conflict(`Import ${importId} isn't paused.`);
    }
    await recordAuditEvent(tx, { importId, what: "resume", by });
    const { complete, scheduled, priority } = row;
    const folderIds = scheduled ? [] : await unplannedFolders({ db: tx }, importId);
    return { folderIds, complete, priority };
  });
}

function conflict(sentence: string): ExhibitError {
  return new ExhibitError("STATE_CONFLICT", sentence);
}
