import { ExhibitError } from "@exhibit/contracts";
import { type RawBuilder, sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { isWithin } from "../scope.ts";

/**
 * A condition on `register left join imports`: the entry is of an import within the scope. One that is of
 * none is seen by whoever sees all imports.
 */
export function isEntryWithin(ledger: Pick<Ledger, "scope">): RawBuilder<boolean> {
  const { scope } = ledger;
  const isAll = scope === undefined || (scope.entrust_ids === "all" && scope.vendors === "all");
  return sql`case when register.import_id is null then ${isAll}::boolean
    else imports.id is not null and ${isWithin(ledger)} end`;
}

export function noEntry(entry: number): ExhibitError {
  return new ExhibitError("NOT_FOUND", `The register has no entry ${entry}.`);
}
