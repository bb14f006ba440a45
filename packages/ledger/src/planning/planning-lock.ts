import { ExhibitError } from "@exhibit/contracts";
import { sql, type Transaction } from "kysely";
import type { LedgerSchema } from "../schema.ts";

/**
 * Makes walks of one folder take turns, so that each sees what the one before it has recorded. The
 * lock isn't on the folder's row: those who record outcomes change that row, too, and would wait.
 */
export async function lockPlanning(tx: Transaction<LedgerSchema>, folderId: number): Promise<void> {
  await sql`select pg_advisory_xact_lock(${folderId})`.execute(tx);
}

/**
 * Throws STATE_CONFLICT when a folder takes no more entries: a walk that comes too late must not
 * add files to an import that may be sealed.
 */
export async function checkUnplanned(
  tx: Transaction<LedgerSchema>,
  folderId: number,
): Promise<void> {
  const folder = await tx
    .selectFrom("folders")
    .innerJoin("imports", "imports.id", "folders.import_id")
    .select(["planned", "status"])
    .where("folders.id", "=", folderId)
    .executeTakeFirst();
  if (folder?.status === "cancelled") {
    throw new ExhibitError("STATE_CONFLICT", `The import of folder ${folderId} is cancelled.`);
  }
  if (folder?.planned === false) return;
  throw new ExhibitError("STATE_CONFLICT", `Folder ${folderId} has been planned by another walk.`);
}
