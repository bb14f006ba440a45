import { type By, recordAuditEvent } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import { isWithin } from "../scope.ts";
import { noImport } from "../work/check-import.ts";

/** What somebody is given of an import. */
export interface Exported {
  /** How many files they are shown; undefined for all. */
  readonly files: number | undefined;
  readonly names: string;
  /** The seal's number. */
  readonly seal: number;
}

/** Records that somebody is given a bag of an import. Throws NOT_FOUND. */
export async function recordExport(
  { db, scope }: Ledger,
  importId: string,
  { files, ...details }: Exported,
  by: By,
): Promise<void> {
  await db.transaction().execute(async (tx) => {
    const found = await tx
      .selectFrom("imports")
      .select("id")
      .where("id", "=", importId)
      .where(isWithin({ scope }))
      .forUpdate()
      .executeTakeFirst();
    if (found === undefined) throw noImport(importId);
    await recordAuditEvent(tx, {
      ...{ importId, what: "export", by, details },
      ...(files !== undefined && { files }),
    });
  });
}
