import { counterNames } from "@exhibit/contracts";
import { type RawBuilder, sql } from "kysely";
import { isCancelled } from "../states.ts";
import { type CasesOf, suitOfFolder } from "./counted-folders.ts";
import { sums, type TotalsRow } from "./totals.ts";

/** The suits that the imports name, and what is counted of them. */
export function suitsOf({ suitId = "" }: CasesOf): RawBuilder<unknown> {
  return sql`
    suit as materialized (
      select key, suit_id, coalesce(sum(folders), 0) > 0 or bool_or(is_whole) as is_imported,
        coalesce(sum(folders), 0)::bigint as folders, ${sums}
      from (
        select key, suit_id, true as is_known, is_whole, null::bigint as folders, ${nothing}
        from (
          select imports.key, imports.suit_ids, bool_and(${suitOfFolder} is null) as is_whole
          from case_import imports join folders on folders.import_id = imports.id
          where not ${isCancelled}
          group by imports.id, imports.key, imports.suit_ids
        ) as named, unnest(suit_ids) as suit_id
        where ${suitId} = '' or suit_id = ${suitId}
        union all
        select key, suit_id, false, false, count(*), ${sums} from counted
        where suit_id is not null group by key, suit_id
      ) as part
      group by key, suit_id
      having bool_or(is_known)
    )`;
}

/** Nulls in place of the counters where there are none. */
const nothing = sql.join(counterNames.map((name) => sql`null::bigint as ${sql.ref(name)}`));

export type SuitRow = TotalsRow & { suit_id: string; is_imported: boolean };
