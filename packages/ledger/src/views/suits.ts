import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { isWithin } from "../scope.ts";
import { noImport, UUID } from "../work/check-import.ts";
import { cursor, type Page, type PageQuery } from "./paging.ts";

/**
 * Lists all suits of an import in the order of its request. They never change, so a suit's number is
 * the cursor. Throws NOT_FOUND.
 */
export async function listSuits(
  ledger: Ledger,
  importId: string,
  { limit, after = "0" }: PageQuery,
): Promise<Page<string>> {
  const from = Number(cursor(after, /^\d{1,9}$/));
  const to = from + limit;
  const row = UUID.test(importId)
    ? await ledger.db
        .selectFrom("imports")
        .select([
          sql<string[]>`suit_ids[${sql.lit(from + 1)}:${sql.lit(to)}]`.as("items"),
          sql<number>`cardinality(suit_ids)`.as("total"),
        ])
        .where("id", "=", importId)
        .where(isWithin(ledger))
        .executeTakeFirst()
    : undefined;
  if (!row) throw noImport(importId);
  return { items: row.items, next: to < row.total ? String(to) : null };
}
