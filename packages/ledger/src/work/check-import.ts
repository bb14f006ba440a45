import { ExhibitError, type ImportStatus } from "@exhibit/contracts";
import type { Ledger } from "../ledger.ts";
import { isWithin } from "../scope.ts";

export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Returns the import's status. Throws NOT_FOUND, in the same words for one that the ledger's scope
 * doesn't have.
 */
export async function checkImport(
  ledger: Pick<Ledger, "db" | "scope">,
  importId: string,
): Promise<ImportStatus> {
  const row = UUID.test(importId)
    ? await ledger.db
        .selectFrom("imports")
        .select("status")
        .where("id", "=", importId)
        .where(isWithin(ledger))
        .executeTakeFirst()
    : undefined;
  if (!row) throw noImport(importId);
  return row.status;
}

/** Returns the error for an import that isn't there, or isn't within the scope. */
export function noImport(importId: string): ExhibitError {
  return new ExhibitError("NOT_FOUND", `There is no import ${importId}.`);
}
