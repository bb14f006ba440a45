import type { ExhibitError, ImportStatus } from "@exhibit/contracts";
import { type RawBuilder, sql, type Transaction } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { LedgerSchema } from "../schema.ts";
import { awaitsSeal, hadWrongTotals, isComplete, isPaused, lacksSeal } from "../states.ts";
import type { Sealer } from "./register.ts";
import { compareCounters } from "./totals.ts";
import { writeSealOf } from "./write-seal.ts";

/** Holds for an import in which something failed that a person has to see to. */
const hasFailed = sql<boolean>`(imports.failed > 0
  or exists (select from folders where import_id = imports.id and error_code is not null))`;

/**
 * Ends an import in which nothing is open any more: as `sealed`, with its seal in the register, or as
 * `attention` if files or folders failed. Compares the counters with the rows that they count first.
 * A difference is a fault of ours: it leaves the import in `attention`, and TOTALS_WRONG is thrown; a
 * retry, also of the job, compares again. Throws SEAL_KEY_MISMATCH while another worker's key is
 * waited for: the import stays `sealing`. Returns the status that it ended in; undefined if something
 * is still open, it is paused, or it had ended already.
 */
export async function sealImport(
  ledger: Ledger,
  importId: string,
  sealer: Sealer,
): Promise<ImportStatus | undefined> {
  const { db } = ledger;
  const { rows } = await sql<{ id: string }>`
    update imports set status = 'sealing', finished_at = null, error_code = null, error = null, updated_at = now()
    where id = ${importId} and ${isComplete} and not ${isPaused} and (${awaitsSeal} or ${hadWrongTotals})
    returning id`.execute(db);
  if (rows.length === 0) return undefined;
  const wrong = await compareCounters(ledger, importId);
  if (wrong) {
    await rest(ledger, importId, sql`true`, wrong);
    throw wrong;
  }
  if (await rest(ledger, importId, hasFailed)) return "attention";
  const isSealed = await writeSealOf(ledger, importId, {
    sealer,
    where: sql`${canEnd} and not ${hasFailed}`,
  });
  return isSealed ? "sealed" : undefined;
}

/** Holds for an import that is being sealed, and that nobody has changed meanwhile. */
const canEnd = sql<boolean>`(imports.status = 'sealing' and ${isComplete} and not ${isPaused})`;

/** Leaves an import that is being sealed in `attention`. Returns whether it did. */
async function rest(
  { db }: Ledger,
  importId: string,
  where: RawBuilder<boolean>,
  error?: ExhibitError,
): Promise<boolean> {
  const { rows } = await sql`
    update imports set status = 'attention', error_code = ${error?.code ?? null}, error = ${error?.message ?? null},
      finished_at = now(), updated_at = now()
    where id = ${importId} and ${error ? sql`status = 'sealing'` : canEnd} and ${where}
    returning id`.execute(db);
  return rows.length > 0;
}

/**
 * Seals an import that ended without a seal: a cancelled one, once nothing has been recorded in it for
 * a while, and one that an earlier release sealed. Returns whether it did. Throws SEAL_KEY_MISMATCH as
 * `sealImport` does.
 */
export async function sealEnded(
  ledger: Ledger,
  importId: string,
  sealer: Sealer,
): Promise<boolean> {
  return await writeSealOf(ledger, importId, { sealer, where: lacksSeal });
}

/** How many imports one call of `findUnsealed` returns at most. */
const MAX_UNSEALED = 100;

/** Returns imports that `sealEnded` would seal; the first by the time of their end. */
export async function findUnsealed({ db }: Ledger): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from imports where ${lacksSeal} order by finished_at limit ${MAX_UNSEALED}`.execute(
    db,
  );
  return rows.map(({ id }) => id);
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
