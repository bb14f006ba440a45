import { ExhibitError, type Pause } from "@exhibit/contracts";
import { sql } from "kysely";
import { type By, recordAuditEvent, storableWhy } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import { storable } from "../sql/text.ts";

/**
 * Pauses the folders of a vendor, in all imports, until it is resumed. Throws STATE_CONFLICT if it
 * is paused already.
 */
export async function pauseVendor({ db }: Ledger, vendor: string, by: By): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { rows } = await sql`
      insert into paused_vendors (vendor, who, why) values (${vendor}, ${storable(by.who)}, ${storableWhy(by)})
      on conflict do nothing
      returning vendor`.execute(tx);
    if (rows.length === 0) throw conflict(`${vendor} is paused already.`);
    await recordAuditEvent(tx, { vendor, what: "pause", by });
  });
}

/**
 * Resumes the folders of a vendor; the caller enqueues their jobs. Throws STATE_CONFLICT if it
 * isn't paused.
 */
export async function resumeVendor({ db }: Ledger, vendor: string, by: By): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const { rows } = await sql`
      delete from paused_vendors where vendor = ${vendor} returning vendor`.execute(tx);
    if (rows.length === 0) throw conflict(`${vendor} isn't paused.`);
    await recordAuditEvent(tx, { vendor, what: "resume", by });
  });
}

/** Returns the pauses of vendors by the vendors' names. */
export async function readPausedVendors({ db }: Ledger): Promise<Map<string, Pause>> {
  const rows = await db.selectFrom("paused_vendors").selectAll().execute();
  return new Map(
    rows.map(({ vendor, at, who, why }) => [vendor, { at: at.toISOString(), who, why }]),
  );
}

function conflict(sentence: string): ExhibitError {
  return new ExhibitError("STATE_CONFLICT", sentence);
}
