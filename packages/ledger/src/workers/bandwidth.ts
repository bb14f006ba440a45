import type { BandwidthChange } from "@exhibit/contracts";
import { sql } from "kysely";
import { type By, recordAuditEvent, storableWhy } from "../audit/audit.ts";
import { recordKeyedRequest } from "../idempotency/keyed-request.ts";
import type { Ledger } from "../ledger.ts";
import { storable } from "../sql/text.ts";
import { countWorkers } from "./heartbeat.ts";

/** How many of the limits that were set are shown. */
const SHOWN_CHANGES = 20;

/** Sets the limit for all workers; one that applies already isn't recorded again. */
export async function setBwlimit({ db }: Ledger, bwlimit: string, by: By): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { rows } = await sql`
      insert into bandwidth_limits (who, why, bwlimit)
      select ${storable(by.who)}, ${storableWhy(by)}, ${bwlimit}
      where ${bwlimit} is distinct from (select bwlimit from bandwidth_limits order by id desc limit 1)
      returning id`.execute(tx);
    if (rows.length === 0) await recordKeyedRequest(tx, null);
    else
      await recordAuditEvent(tx, {
        subject: "bandwidth",
        what: "change",
        by,
        details: { limit: bwlimit },
      });
  });
}

/**
 * Returns the limits that were set, the newest (which applies) first, and how many workers are
 * alive.
 */
export async function readBandwidth(
  ledger: Ledger,
): Promise<{ changes: BandwidthChange[]; workers: number }> {
  const rows = await ledger.db
    .selectFrom("bandwidth_limits")
    .selectAll()
    .orderBy("id", "desc")
    .limit(SHOWN_CHANGES)
    .execute();
  const changes = rows.map(({ at, who, why, bwlimit }) => {
    return { limit: bwlimit, at: at.toISOString(), who, why };
  });
  return { changes, workers: await countWorkers(ledger) };
}
