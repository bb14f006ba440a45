import { type CaseSummary, caseCountsOf, ExhibitError } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { isWithin } from "../scope.ts";
import { type Page, type PageQuery, pageOf } from "../views/paging.ts";
import { isTrial } from "../views/parts.ts";
import { countedFolders } from "./counted-folders.ts";
import { reasonsOf } from "./reasons.ts";
import { suitsOf } from "./suits.ts";
import { type ImportsRow, importsByStatus, importsOf, type TotalsRow, totals } from "./totals.ts";
import { runUncompiled } from "./uncompiled.ts";

export interface CaseQuery extends PageQuery {
  starts_with?: string | undefined;
}

/** Lists the cases that have an import, in the order of their entrust_ids. */
export async function listCases(ledger: Ledger, query: CaseQuery): Promise<Page<CaseSummary>> {
  const after = query.after === undefined ? null : keyOfCursor(query.after);
  const found = await sql<{ entrust_id: string }>`
    select entrust_id from imports
    where entrust_id is not null and not set_aside and ${isWithin(ledger)}
      and (${after}::text is null or entrust_id > ${after})
      and starts_with(entrust_id, ${query.starts_with ?? ""})
    group by entrust_id order by entrust_id limit ${query.limit + 1}`.execute(ledger.db);
  const { items: keys, next } = pageOf(found.rows, query.limit, ({ entrust_id }) =>
    Buffer.from(entrust_id).toString("base64url"),
  );
  if (keys.length === 0) return { items: [], next };
  const names = keys.map(({ entrust_id }) => entrust_id);
  const of = {
    imports: sql<boolean>`(entrust_id = any(${names}::text[]) and ${isWithin(ledger)})`,
    key: sql<string>`entrust_id`,
  };
  const rows = await runUncompiled(
    ledger,
    sql<TotalsRow & ImportsRow & { key: string; reasons: number; lacking: number }>`
    with ${countedFolders(of)}, ${reasonsOf}, ${suitsOf(of)}
    select *, coalesce(r.reasons, 0) as reasons, coalesce(s.lacking, 0) as lacking
    from (${totals}) as totals join (${importsByStatus}) as of_imports using (key)
      left join (select key, count(*) as reasons from reason group by key) as r using (key)
      left join (select key, count(*) as lacking from suit where not is_imported group by key) as s using (key)
    order by totals.key`,
  );
  const byKey = new Map(rows.map((row) => [row.key, row]));
  return {
    items: names.flatMap((entrust_id) => {
      const row = byKey.get(entrust_id);
      if (row === undefined) return [];
      return {
        entrust_id,
        trial: isTrial(ledger),
        complete: row.reasons === 0 && row.lacking === 0,
        ...caseCountsOf(row),
        imports: importsOf(row),
        last_import_at: new Date(row.last_import_at).toISOString(),
      };
    }),
    next,
  };
}

function keyOfCursor(text: string): string {
  const key = Buffer.from(text, "base64url").toString();
  if (text !== "" && Buffer.from(key).toString("base64url") === text && !key.includes("\0"))
    return key;
  throw new ExhibitError("REQUEST_INVALID", `after: "${text}" isn't a value from this list.`);
}
