import { errorTable, shownPath } from "@exhibit/contracts";
import type { FolderRow } from "@exhibit/ledger";
import type { Attempt } from "@exhibit/queue";
import { labelOf } from "../jobs/work-labels.ts";
import type { NotStoredFile } from "./shard-result.ts";

/** The most failed files that a job's log names. */
const LOGGED_FILES = 50;

/**
 * Writes into a job's log, for people who look at it in Bull Board, whose files failed, which, and
 * what to do about each code.
 */
export async function logFailures(
  folder: FolderRow,
  notStored: readonly NotStoredFile[],
  attempt: Pick<Attempt, "log">,
): Promise<void> {
  const failed = notStored.filter(({ outcome }) => outcome.state === "failed");
  await attempt.log(`${labelOf({ ...folder, importId: folder.import_id })}:`);
  for (const { file, outcome } of failed.slice(0, LOGGED_FILES)) {
    await attempt.log(`${outcome.code} ${shownPath(file.path)}: ${outcome.message}`);
  }
  const more = failed.length - LOGGED_FILES;
  if (more > 0) {
    const all = `npx exhibit files ${folder.import_id} --state failed`;
    await attempt.log(`… and ${more} more; all that failed in the import: ${all}`);
  }
  const codes = new Set(failed.map(({ error }) => error.code));
  for (const code of codes)
    await attempt.log(`What to do about ${code}: ${errorTable[code].remedy}`);
}
