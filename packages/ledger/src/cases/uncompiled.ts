import { type RawBuilder, sql } from "kysely";
import type { Ledger } from "../ledger.ts";

/**
 * Runs a statement of many parts without Postgres's just-in-time compiler, which takes a third of a
 * second for these, more than their running does. Returns the rows.
 */
export async function runUncompiled<Row>(
  { db }: Pick<Ledger, "db">,
  statement: RawBuilder<Row>,
): Promise<Row[]> {
  return await db.transaction().execute(async (tx) => {
    await sql`set local jit = off`.execute(tx);
    return (await statement.execute(tx)).rows;
  });
}
