import type { BoardAct } from "@exhibit/contracts";
import { recordAuditEvent } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";

/**
 * Records what a person is about to do in Bull Board. What concerns one import is in the record of
 * the import; what concerns all jobs of a queue is in that of the queue.
 */
export async function recordBoardAct(
  { db }: Ledger,
  act: BoardAct,
  { who, importId }: { who: string; importId: string | undefined },
): Promise<void> {
  const subject = act.queue === null ? "queues" : `queues/${act.queue}`;
  const given = Object.entries(act).filter(([, value]) => value !== null);
  await db.transaction().execute(async (tx) => {
    if (importId !== undefined) {
      // Else it could get a number below that of the seal's act, and be seen only after it.
      await tx.selectFrom("imports").select("id").where("id", "=", importId).forUpdate().execute();
    }
    await recordAuditEvent(tx, {
      ...(importId === undefined ? { subject } : { importId }),
      what: "board",
      by: { who },
      details: Object.fromEntries(given),
    });
  });
}
