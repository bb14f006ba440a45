import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { SealRecord } from "../sealing/read-seal.ts";
import { type Place, type SealedEntry, sealedEntries } from "../sealing/receipts.ts";
import { textArray } from "../sql/arrays.ts";
import { PART_RECEIPTS } from "./verifications.ts";

/** The receipts of one part. */
export interface SealedPart {
  readonly entries: readonly SealedEntry[];
  /** The position of the folder of the receipt behind them; undefined if there is none. */
  readonly next: number | undefined;
}

/** Returns the receipts of the part behind a place. Nothing of the ledger is held afterwards. */
export async function readPart(
  ledger: Ledger,
  { sealed }: SealRecord,
  place: Place | undefined,
): Promise<SealedPart> {
  const entries: SealedEntry[] = [];
  for await (const page of sealedEntries(ledger, sealed, place)) {
    entries.push(...page);
    if (entries.length > PART_RECEIPTS) break;
  }
  return {
    entries: entries.slice(0, PART_RECEIPTS),
    next: entries[PART_RECEIPTS]?.place.folder,
  };
}

/**
 * Returns those of some objects below a prefix that the ledger knows, of whatever import, because several
 * may lead to the same folder: evidence, and what was deposited beside it.
 */
export async function knownKeys(
  { db }: Ledger,
  { bucket, prefix }: { bucket: string; prefix: string },
  keys: readonly string[],
): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const { rows } = await sql<{ key: string }>`
    with near as materialized (
      select id, prefix, import_id, position from folders
      where bucket = ${bucket} and (starts_with(prefix, ${prefix}) or starts_with(${prefix}, prefix))
    )
    select each.key from unnest(${textArray(keys)}::text[]) as each (key)
    where exists (
      select from near
        cross join lateral (select substr(each.key, length(near.prefix) + 1) as rest) as name
        join files on files.folder_id = near.id and files.path collate "C" in (name.rest, normalize(name.rest, NFD))
      where starts_with(each.key, near.prefix) and files.state in ('stored', 'identical'))
      or exists (
        select from near join register on register.import_id = near.import_id
          join deposits on deposits.entry = register.number and deposits.folder = near.position + 1
        where each.key = any(deposits.keys))`.execute(db);
  return new Set(rows.map(({ key }) => key));
}
