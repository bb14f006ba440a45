import { everything, type Scope } from "@exhibit/contracts";
import { type RawBuilder, sql } from "kysely";
import type { Ledger } from "./ledger.ts";

/**
 * Returns a ledger in which the imports outside a scope aren't there: what people see and do asks
 * for `isWithin` in its own statements. An import that is created in it keeps the scope's roots.
 */
export function ledgerWithin(ledger: Ledger, scope: Scope): Ledger {
  return { ...ledger, scope };
}

/**
 * Returns a condition on `imports`: the import is within the ledger's scope. Without a scope it is
 * `true`, which Postgres drops while it plans.
 */
export function isWithin({ scope = everything }: Pick<Ledger, "scope">): RawBuilder<boolean> {
  const { entrust_ids, vendors } = scope;
  const conditions = [
    // An import without an entrust_id is in no list.
    ...(entrust_ids === "all" ? [] : [sql`imports.entrust_id = any(${entrust_ids}::text[])`]),
    ...(vendors === "all"
      ? []
      : [
          sql`not exists (select from folders as each
            where each.import_id = imports.id and each.vendor <> all(${vendors}::text[]))`,
        ]),
  ];
  return conditions.length === 0 ? sql`true` : sql`(${sql.join(conditions, sql` and `)})`;
}
