import { type RawBuilder, sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { storable } from "../sql/text.ts";

/**
 * Rows that wait for somebody outside, each for its turn: stamps for an authority, deposits for whoever
 * takes them. One that was tried in vain is due again at its `next_at`.
 */
interface Asked {
  readonly table: "stamps" | "deposits";
  /** The column that says who is asked. */
  readonly by: "authority" | "receiver";
}

export const askedForStamps: Asked = { table: "stamps", by: "authority" };
export const askedForDeposits: Asked = { table: "deposits", by: "receiver" };

/**
 * Takes the row that has been due the longest for one try: it is due again after `leaseMs` milliseconds,
 * in case that this process dies before it has recorded how the try ended. Returns `columns` of it;
 * undefined when none is due.
 */
export async function claim<Row>(
  { db }: Ledger,
  { table, by }: Asked,
  who: string,
  { leaseMs, columns }: { leaseMs: number; columns: RawBuilder<unknown> },
): Promise<Row | undefined> {
  const asked = sql.table(table);
  const { rows } = await sql<Row>`
    with due as materialized (
      select ctid from ${asked} where ${sql.ref(by)} = ${who} and state = 'pending' and next_at <= now()
      order by next_at, entry limit 1 for update skip locked
    )
    update ${asked} set attempts = attempts + 1, asked_at = now(), next_at = now() + ${leaseMs} * interval '1 millisecond'
    from due, register
    where ${asked}.ctid = due.ctid and register.number = ${asked}.entry
    returning ${columns}`.execute(db);
  return rows[0];
}

/** Leaves everybody who waits for somebody alone for so many milliseconds, because they can't be had. */
export async function pauseAll(
  { db }: Ledger,
  { table, by }: Asked,
  who: string,
  { pauseMs, error }: { pauseMs: number; error: string },
): Promise<void> {
  await sql`
    update ${sql.table(table)}
    set next_at = now() + ${pauseMs} * interval '1 millisecond', error = ${storable(error)}
    where ${sql.ref(by)} = ${who} and state = 'pending'`.execute(db);
}

/** Returns in how many milliseconds the next row of somebody is due; undefined if none is pending. */
export async function nextDue(
  { db }: Ledger,
  { table, by }: Asked,
  who: string,
): Promise<number | undefined> {
  const { rows } = await sql<{ ms: number | null }>`
    select (extract(epoch from min(next_at) - now()) * 1000)::float8 as ms
    from ${sql.table(table)} where ${sql.ref(by)} = ${who} and state = 'pending'`.execute(db);
  return rows[0]?.ms ?? undefined;
}

/** Returns those who are to be asked for something now. */
export async function whoIsDue({ db }: Ledger, { table, by }: Asked): Promise<string[]> {
  const { rows } = await sql<{ who: string }>`
    select distinct ${sql.ref(by)} as who from ${sql.table(table)}
    where state = 'pending' and next_at <= now()`.execute(db);
  return rows.map(({ who }) => who);
}
