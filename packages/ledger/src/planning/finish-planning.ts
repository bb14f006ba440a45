import { randomBytes } from "node:crypto";
import { ExhibitError, type ImportRequest } from "@exhibit/contracts";
import { sql } from "kysely";
import { v7 as uuidv7 } from "uuid";
import { type By, recordAct, unnamed } from "../audit/audit.ts";
import type { Ledger } from "../ledger.ts";
import { storable } from "../sql/text.ts";
import { lockPlanning } from "./add-files.ts";
import { failMissed } from "./rewalk.ts";

/**
 * Puts an import and its folders on the record. Their numbers of files are found by planning. Throws SERVICE_UNREACHABLE
 * with `details.import_id` when the answer was lost: the import may be on the record then.
 */
export async function createImport(
  { db }: Ledger,
  request: ImportRequest,
  by: By = unnamed,
): Promise<{ importId: string; folderIds: number[] }> {
  const importId = uuidv7();
  let isWritten = false;
  const work = db.transaction().execute(async (tx) => {
    await tx
      .insertInto("imports")
      .values({
        id: importId,
        entrust_id: request.entrust_id ?? null,
        suit_ids: request.suit_ids,
        open_folders: request.folders.length,
        custody_secret: randomBytes(32),
      })
      .execute();
    const folders = await tx
      .insertInto("folders")
      .values(
        request.folders.map((folder, position) => ({
          import_id: importId,
          position,
          vendor: folder.vendor,
          selector: JSON.stringify(folder.folder),
          source: JSON.stringify(folder.source),
        })),
      )
      .returning("id")
      .execute();
    await recordAct(tx, { importId, what: "create", by });
    isWritten = true;
    return { importId, folderIds: folders.map(({ id }) => id) };
  });
  try {
    return await work;
  } catch (thrown) {
    throw isWritten ? perhapsCreated(importId, thrown) : thrown;
  }
}

/** Whoever sends the request again without looking would have the import twice. */
export function perhapsCreated(importId: string, thrown: unknown): unknown {
  if (!(thrown instanceof ExhibitError)) return thrown;
  const { code, message } = thrown;
  const sentence = `${message}. Import ${importId} may be on the record all the same: look for it before you send this again.`;
  return new ExhibitError(code, sentence, { cause: thrown, details: { import_id: importId } });
}

/** A folder as planning and storing need it. */
export async function readFolder({ db }: Ledger, folderId: number) {
  const folder = await db
    .selectFrom("folders")
    .innerJoin("imports", "imports.id", "folders.import_id")
    .select([
      "folders.id",
      "folders.import_id",
      "folders.vendor",
      "folders.selector",
      "folders.source",
      "folders.planned",
      "folders.error_code",
      "folders.error",
      "folders.endpoint",
      "folders.bucket",
      "folders.prefix",
      "imports.entrust_id",
      "imports.suit_ids",
      "imports.status",
    ])
    .where("folders.id", "=", folderId)
    .executeTakeFirst();
  if (!folder) throw new ExhibitError("NOT_FOUND", `There is no folder ${folderId} in the ledger.`);
  return folder;
}

export type FolderRow = Awaited<ReturnType<typeof readFolder>>;

/** The slots that files of a folder have, by their paths. */
export async function readSlots({ db }: Ledger, folderId: number): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom("files")
    .select(["path", "slot"])
    .where("folder_id", "=", folderId)
    .where("slot", "is not", null)
    .execute();
  return new Map(rows.map(({ path, slot }) => [path, slot as number]));
}

/**
 * Says that a folder's source is walked to its end, or, with `error`, that it can't be. What was looked for and not found
 * fails; when the source couldn't be walked, with the error that it had.
 * Returns whether nothing is open any more in the import; walking twice is harmless, and so is a cancelled import.
 */
export async function finishPlanning(
  { db }: Ledger,
  folderId: number,
  error?: ExhibitError,
  starts: number | null = null,
): Promise<{ importId: string; complete: boolean } | undefined> {
  const rows = await db.transaction().execute(async (tx) => {
    await lockPlanning(tx, folderId);
    const result = await sql<{ id: string; complete: boolean }>`
    with walked as materialized (
      select id from folders
      where id = ${folderId} and not planned
        and exists (select from imports where imports.id = folders.import_id and status <> 'cancelled')
      for update
    ), missed as (
      ${failMissed(folderId, error === undefined)}
    ), total as (
      select count(*) as missed from missed
    ), in_folder as (
      update folders set planned = true, starts_at_end = ${starts}, failed = failed + total.missed,
        error_code = ${error?.code ?? null}, error = ${error === undefined ? null : storable(error.message)}
      from walked, total
      where folders.id = walked.id
      returning import_id, total.missed
    )
    update imports set open_folders = open_folders - 1, failed = failed + missed, updated_at = now(),
      status = case when open_folders = 1 and status = 'planning' then 'storing' else status end
    from in_folder
    where imports.id = in_folder.import_id
    returning imports.id, open_folders = 0 and open_shards = 0 as complete`.execute(tx);
    return result.rows;
  });
  const row = rows[0];
  return row && { importId: row.id, complete: row.complete };
}
