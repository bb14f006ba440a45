import type { Selection } from "@exhibit/contracts";
import { sql } from "kysely";
import { type By, recordAuditEvent } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import { isWithin } from "../scope.ts";
import { storable } from "../sql/text.ts";
import { fileHasFailed, isClosed } from "../states.ts";
import { checkMeant, failedFiles, NotAll, whyClosed, whyNotFailed } from "./selection.ts";

/**
 * Waives failed files: those that are named, or all. An import that was in `attention` for them
 * alone goes to `sealing`, and `complete` is true: the caller enqueues its seal job. Throws
 * NOT_FOUND, or STATE_CONFLICT for an import that is sealed or cancelled, for files that haven't
 * failed, and for another number of files than expected; then no file is waived.
 */
export async function waiveFiles(
  { db, scope }: Ledger,
  importId: string,
  { expect_files, ...selection }: Selection & { expect_files?: number | undefined },
  by: By & { why: string },
): Promise<{ complete: boolean; files: number; eventId: string }> {
  const work = db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ files: number; complete: boolean }>`
      with failed as materialized (
        select files.id from files
        where ${failedFiles(selection)} and files.folder_id in (select id from folders where import_id = ${importId})
        order by files.id for update
      ), given_up as (
        update files set state = 'waived', waived_by = ${storable(by.who)}, waived_why = ${storable(by.why)}, waived_at = now()
        from failed
        where files.id = failed.id and ${fileHasFailed}
        returning files.folder_id
      ), per_folder as (
        select folder_id, count(*) as files from given_up group by folder_id
      ), in_folder as (
        update folders set failed = failed - per_folder.files, waived = waived + per_folder.files
        from per_folder
        where folders.id = per_folder.folder_id
        returning import_id, per_folder.files
      ), total as (
        select import_id, sum(files)::bigint as files from in_folder group by import_id
      )
      update imports set failed = failed - total.files, waived = waived + total.files, updated_at = now(),
        status = case when ${nothingElseFailed()} then 'sealing' else status end,
        finished_at = case when ${nothingElseFailed()} then null else finished_at end
      from total
      where imports.id = total.import_id and not ${isClosed} and ${isWithin({ scope })}
      returning total.files, status = 'sealing' as complete`.execute(tx);
    const [total] = rows;
    if (!total) throw new NotAll();
    const { files, complete } = total;
    checkMeant(selection, expect_files, files);
    const eventId = await recordAuditEvent(tx, { importId, what: "waive", by, selection, files });
    return { complete, files, eventId };
  });
  try {
    return await work;
  } catch (thrown) {
    if (!(thrown instanceof NotAll)) throw thrown;
  }
  // Read after the rollback, from what is there.
  throw (
    (await whyClosed({ db, scope }, importId, "waive")) ??
    (await whyNotFailed(db, importId, selection))
  );
}

/**
 * Holds for an import in `attention` for nothing but these files. A folder whose source couldn't be
 * walked can't be waived.
 */
function nothingElseFailed() {
  return sql`(status = 'attention' and failed = total.files
    and not exists (select from folders where import_id = imports.id and error_code is not null))`;
}
