import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { stampedAs } from "../sql/stamped-as.ts";
import { type SignedEntry, signedEntries } from "./signed-entries.ts";

type Queries = Pick<Ledger, "db">;

/** Returns the number of the entry whose stamps say when an entry was there: its own if there is none. */
export async function findStamped({ db }: Queries, entry: number): Promise<number> {
  const { rows } = await sql<{ number: number | null }>`
    select ${stampedAs(sql.ref("register.number"))} as number from register where register.number = ${entry}`.execute(
    db,
  );
  return rows[0]?.number ?? entry;
}

/**
 * Returns the journal that says more of when an entry was there: the one that commits to its stamps, and
 * whose own stamps are younger, or the one that is stamped in its place. Undefined for none.
 */
export async function journalOf(ledger: Queries, entry: number): Promise<SignedEntry | undefined> {
  const { rows } = await sql<{ number: number | null }>`
    select coalesce(
      (select min(journal) from journal_stamps where entry = ${entry}),
      nullif(${stampedAs(sql.ref("register.number"))}, register.number)) as number
    from register where register.number = ${entry}`.execute(ledger.db);
  const number = rows[0]?.number ?? null;
  if (number === null) return undefined;
  const [journal] = await signedEntries(ledger, "journal", [number]);
  return journal;
}
