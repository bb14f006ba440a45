import { ExhibitError, type ImportStatus } from "@exhibit/contracts";
import type { Ledger } from "../ledger.ts";

export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Returns the import's status. Throws NOT_FOUND. */
export async function checkImport({ db }: Ledger, importId: string): Promise<ImportStatus> {
  const row = UUID.test(importId)
    ? await db.selectFrom("imports").select("status").where("id", "=", importId).executeTakeFirst()
    : undefined;
  if (!row) throw new ExhibitError("NOT_FOUND", `There is no import ${importId}.`);
  return row.status;
}
