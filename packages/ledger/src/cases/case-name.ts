import { ExhibitError } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { isWithin } from "../scope.ts";
import type { CasesOf } from "./counted-folders.ts";

/** A case by its mandate, or a suit, which may be in several cases. */
export type CaseName = { entrust_id: string } | { suit_id: string };

/** Returns what a view of a case or a suit is about: those of its imports that are within the scope. */
export function casesOf(ledger: Pick<Ledger, "scope">, name: CaseName): CasesOf {
  if ("entrust_id" in name) {
    const { entrust_id } = name;
    return {
      imports: sql<boolean>`(imports.entrust_id = ${entrust_id} and ${isWithin(ledger)})`,
      key: sql<string>`entrust_id`,
    };
  }
  const { suit_id: suitId } = name;
  const imports = sql<boolean>`(imports.suit_ids @> array[${suitId}]::text[] and ${isWithin(ledger)})`;
  return { imports, key: sql<string>`${suitId}::text`, suitId };
}

export function unknownCase(name: CaseName): ExhibitError {
  const what = "entrust_id" in name ? `case ${name.entrust_id}` : `suit ${name.suit_id}`;
  return new ExhibitError("NOT_FOUND", `There is no ${what}: no import names it.`);
}
