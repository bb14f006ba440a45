import { type AcceptDestinationRequest, ExhibitError } from "@exhibit/contracts";
import { sql } from "kysely";
import { type By, recordAuditEvent } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import { isEqual, offeredOf } from "../storing/destinations.ts";
import { type Reopened, reopenFailed } from "./reopen-failed.ts";
import { failedFiles, whyClosed } from "./selection.ts";

/**
 * Makes a folder's unfinished files go to the place that a later lease led to, because a person
 * accepts it; files that failed because of it are retried. Receipts of files stored before keep
 * their own place. `accepted` must be what is offered: nobody accepts what they haven't seen.
 * Throws NOT_FOUND, or STATE_CONFLICT for an import that is sealed or cancelled, when nothing or
 * something else is offered, and when no file waits for it.
 */
export async function acceptDestination(
  { db, scope }: Ledger,
  importId: string,
  folderId: number,
  { why, ...accepted }: AcceptDestinationRequest,
  who: string,
): Promise<Reopened & { eventId: string }> {
  const by: By = { who, why };
  return await db.transaction().execute(async (tx) => {
    const closed = await whyClosed({ db: tx, scope }, importId, "accept");
    if (closed) throw closed;
    const folder = await tx
      .selectFrom("folders")
      .selectAll()
      .where("id", "=", folderId)
      .where("import_id", "=", importId)
      .executeTakeFirst();
    if (!folder) {
      const message = `There is no folder ${folderId} in import ${importId}.`;
      throw new ExhibitError("NOT_FOUND", message);
    }
    const selection = { folder_id: String(folderId), code: "DESTINATION_CHANGED" } as const;
    const { rows: waiting } = await sql`
      select from files where ${failedFiles(selection)} limit 1`.execute(tx);
    const offered = offeredOf(folder);
    if (offered === undefined || waiting.length === 0) {
      throw conflict(`No file of folder ${folderId} has failed because a lease led elsewhere.`);
    }
    if (!isEqual(offered, accepted)) {
      throw conflict(`What the vendor offers for folder ${folderId} is another place.`, {
        ...offered,
      });
    }
    // First, because rows are locked in the order of shards, files, folders.
    const reopened = await reopenFailed(tx, {
      shards: sql`shards.folder_id = ${folderId}`,
      folders: sql`false`,
      files: selection,
    });
    const { numUpdatedRows } = await tx
      .updateTable("folders")
      .set({
        ...{ ...offered, retention: null },
        ...{ offered_endpoint: null, offered_bucket: null, offered_prefix: null },
      })
      .where("id", "=", folderId)
      .where("offered_endpoint", "=", offered.endpoint)
      .where("offered_bucket", "=", offered.bucket)
      .where("offered_prefix", "=", offered.prefix)
      .executeTakeFirst();
    if (numUpdatedRows === 0n) throw conflict("The vendor has just offered yet another place.");
    const { endpoint, bucket, prefix } = folder;
    const details = { from: { endpoint, bucket, prefix }, to: offered };
    const { files } = reopened;
    const what = "accept" as const;
    const event = { importId, what, by, selection, files, details };
    return { ...reopened, eventId: await recordAuditEvent(tx, event) };
  });
}

function conflict(message: string, details: Record<string, string> = {}): ExhibitError {
  return new ExhibitError("STATE_CONFLICT", message, { details });
}
