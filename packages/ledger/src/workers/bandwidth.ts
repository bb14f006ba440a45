import type { BandwidthChange } from "@exhibit/contracts";
import { sql } from "kysely";
import type { By } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import { storable } from "../sql/text.ts";
import { countWorkers } from "./heartbeat.ts";

/** Limits that are shown of those that were set. */
const SHOWN_CHANGES = 20;

/** Sets the limit for all workers; one that holds already isn't put on the record again. */
export async function setBwlimit({ db }: Ledger, bwlimit: string, by: By): Promise<void> {
  const why = by.why === undefined ? null : storable(by.why);
  await sql`
    insert into bandwidth_limits (who, why, bwlimit)
    select ${storable(by.who)}, ${why}, ${bwlimit}
    where ${bwlimit} is distinct from (select bwlimit from bandwidth_limits order by id desc limit 1)`.execute(
    db,
  );
}

/** The limits that were set, the newest first (that one holds), and how many workers live. */
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
