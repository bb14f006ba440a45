// An entry of its own: who works on keys needs neither the queue nor the leases.
import { createKeys, type Keys } from "@exhibit/ingest";
import { openLedgerIn, openLedgerOn } from "./open-ledger.ts";

export type { Keys };

/** Where a ledger is: on a Postgres server, or in a data folder. */
export type PlaceOfLedger = { readonly databaseUrl: string } | { readonly dataDir: string };

/** The keys of a ledger that no API may be running on yet. */
export interface OpenedKeys extends AsyncDisposable {
  readonly keys: Keys;
}

/** Opens a ledger for its keys alone. Throws what opening it throws. */
export async function openKeys(place: PlaceOfLedger): Promise<OpenedKeys> {
  const { ledger, close } = await ("databaseUrl" in place
    ? openLedgerOn(place.databaseUrl)
    : openLedgerIn(place.dataDir));
  return { keys: createKeys(ledger), [Symbol.asyncDispose]: close };
}
