import {
  type AuditAction,
  ExhibitError,
  type FileState,
  isClosed,
  type Selection,
} from "@exhibit/contracts";
import { type Kysely, sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { LedgerSchema } from "../schema.ts";
import { isWithin } from "../scope.ts";
import { fileHasFailed } from "../states.ts";
import { noImport } from "../work/check-import.ts";

/**
 * Returns why nothing can be done to an import: it doesn't exist, isn't within the ledger's scope,
 * or has ended for good. Undefined for any other.
 */
export async function whyClosed(
  ledger: Pick<Ledger, "db" | "scope">,
  importId: string,
  what: AuditAction,
): Promise<ExhibitError | undefined> {
  const row = await ledger.db
    .selectFrom("imports")
    .select("status")
    .where("id", "=", importId)
    .where(isWithin(ledger))
    .executeTakeFirst();
  if (!row) return noImport(importId);
  if (!isClosed(row.status)) return undefined;
  return new ExhibitError(
    "STATE_CONFLICT",
    `Import ${importId} is ${row.status}: there is nothing to ${what}.`,
    { details: { status: row.status } },
  );
}

/** Returns a condition on `files`: the failed files that a selection names. */
export function failedFiles({ folder_id, code, file_ids }: Selection) {
  const conditions = [
    // The condition on error_code makes Postgres use the index of files with an error.
    sql`${fileHasFailed} and files.error_code is not null`,
    ...(folder_id === undefined ? [] : [sql`files.folder_id = ${Number(folder_id)}`]),
    ...(code === undefined ? [] : [sql`files.error_code = ${code}`]),
    ...(file_ids === undefined ? [] : [sql`files.id = any(${file_ids.map(Number)}::bigint[])`]),
  ];
  return sql`(${sql.join(conditions, sql` and `)})`;
}

/** Rolls an act back, because not all files that were named could be had. */
export class NotAll extends Error {}

/**
 * Checks, before an act is on record, that it is about the files that were meant: all that are named,
 * and as many as whoever asks was told. Throws NotAll, or STATE_CONFLICT with the number that it is.
 */
export function checkMeant(
  { file_ids }: Selection,
  expected: number | undefined,
  files: number,
): void {
  if (file_ids !== undefined && files < new Set(file_ids).size) throw new NotAll();
  if (expected === undefined || files === expected) return;
  throw new ExhibitError(
    "STATE_CONFLICT",
    `It would be about ${files} files now, and ${expected} were expected: nothing was done.`,
    { details: { files, expect_files: expected } },
  );
}

/**
 * Returns why the files or the folder of a selection can't be retried or waived: they don't exist,
 * or haven't failed.
 */
export async function whyNotFailed(
  db: Kysely<LedgerSchema>,
  importId: string,
  { folder_id, code, file_ids }: Selection,
): Promise<ExhibitError> {
  const conflict = (sentence: string) => new ExhibitError("STATE_CONFLICT", sentence);
  if (folder_id !== undefined && !(await hasFolder(db, importId, Number(folder_id)))) {
    return new ExhibitError("NOT_FOUND", `There is no folder ${folder_id} in import ${importId}.`);
  }
  const states = await statesOf(db, importId, file_ids ?? []);
  for (const id of file_ids ?? []) {
    const state = states.get(Number(id));
    if (state === undefined) {
      return new ExhibitError("NOT_FOUND", `There is no file ${id} in import ${importId}.`);
    }
    if (state !== "failed") return conflict(`File ${id} is ${state}, not failed.`);
  }
  const which = [
    ...(code === undefined ? [] : [`with ${code}`]),
    ...(folder_id === undefined ? [] : [`in folder ${folder_id}`]),
  ];
  if (file_ids !== undefined) {
    return conflict(
      `Not all files that are named ${["have failed", ...which].join(" ")}, or a shard of theirs is still being stored.`,
    );
  }
  return conflict(
    `${["No file of import", importId, "has failed", ...which].join(" ")}, or its shard is still being stored.`,
  );
}

async function statesOf(
  db: Kysely<LedgerSchema>,
  importId: string,
  fileIds: readonly string[],
): Promise<Map<number, FileState>> {
  if (fileIds.length === 0) return new Map();
  const rows = await db
    .selectFrom("files")
    .innerJoin("folders", "folders.id", "files.folder_id")
    .select(["files.id", "files.state"])
    .where(sql<boolean>`files.id = any(${fileIds.map(Number)}::bigint[])`)
    .where("folders.import_id", "=", importId)
    .execute();
  return new Map(rows.map(({ id, state }) => [id, state]));
}

async function hasFolder(
  db: Kysely<LedgerSchema>,
  importId: string,
  folderId: number,
): Promise<boolean> {
  const row = await db
    .selectFrom("folders")
    .select("id")
    .where("id", "=", folderId)
    .where("import_id", "=", importId)
    .executeTakeFirst();
  return row !== undefined;
}
