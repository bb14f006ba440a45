import { ExhibitError } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { UUID } from "../work/check-import.ts";
import { cursor, type Page, type PageQuery } from "./paging.ts";

/**
 * Lists all suits of an import in the order of its request. They never change, so a suit's number is
 * the cursor. Throws NOT_FOUND.
 */
export async function listSuits(
  { db }: Ledger,
  importId: string,
  { limit, after = "0" }: PageQuery,
): Promise<Page<string>> {
  const from = Number(cursor(after, /^\d{1,9}$/));
  const to = from + limit;
  const row = UUID.test(importId)
    ? await db
        .selectFrom("imports")
        .select([
          sql<string[]>`suit_ids[${sql.lit(from + 1)}:${sql.lit(to)}]`.as("items"),
          sql<number>`cardinality(suit_ids)`.as("total"),
        ])
        .where("id", "=", importId)
        .executeTakeFirst()
    : undefined;
  if (!row) throw new ExhibitError("NOT_FOUND", `There is no import ${importId}.`);
  return { items: row.items, next: to < row.total ? String(to) : null };
}
