import { type CaseView, caseCountsOf } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { isTrial } from "../views/parts.ts";
import { type CaseName, casesOf, unknownCase } from "./case-name.ts";
import { countedFolders } from "./counted-folders.ts";
import { type CodeRow, type ReasonRow, reasonOf, reasonsOf, suitMissing } from "./reasons.ts";
import { type SuitRow, suitsOf } from "./suits.ts";
import { type ImportsRow, importsByStatus, importsOf, type TotalsRow, totals } from "./totals.ts";
import { runUncompiled } from "./uncompiled.ts";

/** How many reasons and how many suits a view shows at most. */
const MAX_SHOWN = 100;

/**
 * Returns what is proved of a case or a suit, what is missing, and what needs somebody. Throws
 * NOT_FOUND if no import names it.
 */
export async function readCase(ledger: Ledger, name: CaseName): Promise<CaseView> {
  const of = casesOf(ledger, name);
  const rows = await runUncompiled(
    ledger,
    sql<CaseRow>`
    with ${countedFolders(of)}, ${reasonsOf}, ${suitsOf(of)}, shown as (
      select * from reason order by kind = 'unfinished', import_id desc, kind limit ${MAX_SHOWN}
    ), code_of as (
      select shown.import_id, files.error_code as code, count(*) as files
      from shown join counted on counted.import_id = shown.import_id and counted.failed > 0
        join files on files.folder_id = counted.id
      where shown.kind = 'files_failed' and files.state = 'failed' and files.error_code is not null
      group by shown.import_id, files.error_code
    )
    select
      (select row_to_json(t) from (${totals}) as t) as totals,
      (select row_to_json(i) from (${importsByStatus}) as i) as imports,
      (select count(*) from counted where waived > 0) as waived_in,
      (select coalesce(sum(vanished), 0)::bigint from counted) as vanished,
      (select count(*) from imports where ${of.imports} and set_aside) as set_aside,
      (select count(*) from reason) as reasons_total,
      (select coalesce(json_agg(shown), '[]') from shown) as reasons,
      (select coalesce(json_agg(code_of order by files desc, code), '[]') from code_of) as codes,
      (select count(*) from suit) as suits_total,
      (select count(*) from suit where not is_imported) as lacking,
      (select coalesce(json_agg(suit_id order by suit_id), '[]') from (
        select suit_id from suit where not is_imported order by suit_id limit ${MAX_SHOWN}) as s) as lacking_ids,
      (select coalesce(json_agg(s order by suit_id), '[]') from (
        select * from suit order by suit_id limit ${MAX_SHOWN}) as s) as suits`,
  );
  const [row] = rows;
  if (!row?.totals || !row.imports) throw unknownCase(name);
  return caseView(row, name, isTrial(ledger));
}

interface CaseRow {
  totals: TotalsRow | null;
  imports: ImportsRow | null;
  waived_in: number;
  vanished: number;
  set_aside: number;
  reasons_total: number;
  reasons: ReasonRow[];
  codes: CodeRow[];
  suits_total: number;
  lacking: number;
  lacking_ids: string[];
  suits: SuitRow[];
}

function caseView(row: CaseRow, name: CaseName, trial: boolean): CaseView {
  const { totals: counted, imports } = row;
  if (counted === null || imports === null) throw unknownCase(name);
  const missing = row.lacking === 0 ? [] : [suitMissing(row.lacking, row.lacking_ids)];
  const reasons = [...missing, ...row.reasons.map((each) => reasonOf(each, row.codes))];
  const reasonsTotal = row.reasons_total + missing.length;
  return {
    entrust_id: "entrust_id" in name ? name.entrust_id : null,
    suit_id: "suit_id" in name ? name.suit_id : null,
    trial,
    complete: reasonsTotal === 0,
    ...caseCountsOf(counted),
    reasons: reasons.slice(0, MAX_SHOWN),
    reasons_total: reasonsTotal,
    waived_in: row.waived_in,
    vanished: row.vanished,
    suits: row.suits.map(({ suit_id, is_imported, ...of }) => ({
      suit_id,
      imported: is_imported,
      ...caseCountsOf(of),
    })),
    suits_total: row.suits_total,
    imports: importsOf(imports),
    set_aside: row.set_aside,
    first_import_at: new Date(imports.first_import_at).toISOString(),
    last_import_at: new Date(imports.last_import_at).toISOString(),
  };
}
