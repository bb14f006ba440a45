import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { isWithin } from "../scope.ts";
import { UUID } from "../work/check-import.ts";
import type { FleetWaits } from "../workers/waits.ts";

/** Returns those waits that are of imports within the ledger's scope. */
export async function waitsWithin(
  ledger: Ledger,
  waits: FleetWaits["waits"],
): Promise<FleetWaits["waits"]> {
  if (ledger.scope === undefined || waits.length === 0) return waits;
  const told = new Set(waits.map(({ import_id }) => import_id));
  const within = new Set(await importsWithin(ledger, [...told]));
  return waits.filter(({ import_id }) => within.has(import_id));
}

/** Returns which of these are imports within the ledger's scope. */
export async function importsWithin(ledger: Ledger, ids: readonly string[]): Promise<string[]> {
  const importIds = ids.filter((id) => UUID.test(id));
  const { rows } = await sql<{ id: string }>`
    select id from imports where id = any(${importIds}::uuid[]) and ${isWithin(ledger)}`.execute(
    ledger.db,
  );
  return rows.map(({ id }) => id);
}
