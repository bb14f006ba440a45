import { ExhibitError, type Selection } from "@exhibit/contracts";
import { sql, type Transaction } from "kysely";
import { type By, recordAuditEvent, unnamed } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import type { LedgerSchema } from "../schema.ts";
import { reopenSeal } from "../sealing/seal.ts";
import { type Reopened, reopenFailed, type ToReopen } from "./reopen-failed.ts";
import { checkMeant, NotAll, whyClosed, whyNotFailed } from "./selection.ts";

/** What to retry in an import, and what is expected of it. */
export interface RetrySelection extends Selection {
  /** Sources that were empty are meant to be. */
  allow_empty?: true | undefined;
  /** How many files it has to be about. */
  expect_files?: number | undefined;
}

/**
 * Retries what failed in an import, or only what a selection names: files are planned again, and
 * folders with a fault of their own (a source that couldn't be walked, or entries that couldn't be
 * planned) are walked again. Totals that were wrong are compared again: then `complete` is true.
 * Throws NOT_FOUND, or STATE_CONFLICT for an import that is sealed or cancelled, when nothing of a
 * selection has failed, or a file that it names hasn't, and when it isn't about as many files as
 * expected; then nothing is retried.
 */
export async function reopenImport(
  { db, scope }: Ledger,
  importId: string,
  { allow_empty, expect_files, ...selection }: RetrySelection = {},
  by: By = unnamed,
): Promise<Reopened & { complete: boolean; eventId: string }> {
  const work = db.transaction().execute(async (tx) => {
    const closed = await whyClosed({ db: tx, scope }, importId, "retry");
    if (closed) throw closed;
    if (allow_empty) await allowEmpty(tx, importId, selection);
    const reopened = await reopenFailed(tx, {
      shards: sql`shards.import_id = ${importId}`,
      folders: sql`folders.import_id = ${importId}`,
      files: selection,
    });
    checkMeant(selection, expect_files, reopened.files);
    const isNarrowed = Object.values(selection).some((value) => value !== undefined);
    if (isNarrowed && reopened.files === 0 && reopened.folderIds.length === 0) {
      throw await whyNotFailed(tx, importId, selection);
    }
    const complete = await reopenSeal(tx, importId);
    const eventId = await recordAuditEvent(tx, {
      importId,
      what: "retry",
      by,
      selection,
      files: reopened.files,
      ...(allow_empty && { details: { allow_empty } }),
    });
    return { ...reopened, complete, eventId };
  });
  try {
    return await work;
  } catch (thrown) {
    if (!(thrown instanceof NotAll)) throw thrown;
  }
  // Read after the rollback, from what is there.
  throw await whyNotFailed(db, importId, selection);
}

/** Records that a person means sources to be empty. */
async function allowEmpty(
  tx: Transaction<LedgerSchema>,
  importId: string,
  { folder_id }: Selection,
): Promise<void> {
  await sql`
    update folders set source = source || '{"allow_empty": true}'
    where import_id = ${importId} and error_code = 'SOURCE_EMPTY'
      and (${folder_id ?? null}::bigint is null or id = ${folder_id ?? null}::bigint)`.execute(tx);
}

/** Whoever retries a job in Bull Board: the queue doesn't know the person. */
const throughQueue: By = { who: "queue", why: "The job was retried." };

/**
 * Retries what failed in one shard, or in planning one folder, because its job runs again. Does
 * nothing for an import that is sealed or cancelled, and nothing if the job was only restarted
 * because its completion was lost: then `jobStarts` is higher than when the work was finished,
 * while a person's retry resets the count.
 */
export async function reopenByJob(
  { db }: Ledger,
  which: ({ shardId: number } | { folderId: number }) & { jobStarts?: number },
): Promise<Reopened> {
  const none = sql`false`;
  const byPerson = sql`coalesce(starts_at_end >= ${which.jobStarts ?? null}::integer, true)`;
  const what: ToReopen =
    "shardId" in which
      ? { shards: sql`shards.id = ${which.shardId} and ${byPerson}`, folders: none, files: {} }
      : { shards: none, folders: sql`folders.id = ${which.folderId} and ${byPerson}`, files: {} };
  try {
    return await db.transaction().execute(async (tx) => {
      const reopened = await reopenFailed(tx, what);
      if (reopened.shards.length > 0 || reopened.folderIds.length > 0) {
        const [table, id] =
          "shardId" in which
            ? (["shards", which.shardId] as const)
            : (["folders", which.folderId] as const);
        const of = await tx
          .selectFrom(table)
          .select("import_id")
          .where("id", "=", id)
          .executeTakeFirstOrThrow();
        const { files } = reopened;
        await recordAuditEvent(tx, {
          importId: of.import_id,
          what: "retry",
          by: throughQueue,
          files,
        });
      }
      return reopened;
    });
  } catch (thrown) {
    if (!(thrown instanceof ExhibitError && thrown.code === "STATE_CONFLICT")) throw thrown;
    return { shards: [], folderIds: [], priority: "normal", files: 0 };
  }
}
