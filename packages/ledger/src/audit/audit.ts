import {
  type AuditAction,
  type AuditEvent,
  ExhibitError,
  type FileState,
  type Selection,
  UNNAMED_ACTOR,
} from "@exhibit/contracts";
import { type Kysely, type Selectable, sql, type Transaction } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { ActTable, LedgerSchema } from "../schema.ts";
import { storable } from "../sql/text.ts";
import { checkImport, cursor, type Page, type PageQuery, pageOf } from "../views/paging.ts";

/** Who does something to an import or a vendor, and why. */
export interface By {
  who: string;
  why?: string | undefined;
}

export const unnamed: By = { who: UNNAMED_ACTOR };

/** Puts an act on the record, in the transaction that does it: neither is there without the other. */
export async function recordAct(
  tx: Transaction<LedgerSchema>,
  act: ({ importId: string } | { vendor: string }) & {
    what: AuditAction;
    by: By;
    selection?: Selection;
    files?: number;
    details?: Record<string, unknown>;
  },
): Promise<void> {
  const { what, by, selection, files, details } = act;
  const [fileId, ...others] = selection?.file_ids ?? [];
  await tx
    .insertInto("acts")
    .values({
      import_id: "importId" in act ? act.importId : null,
      vendor: "vendor" in act ? act.vendor : null,
      who: storable(by.who),
      what,
      why: by.why === undefined ? null : storable(by.why),
      folder_id: selection?.folder_id === undefined ? null : Number(selection.folder_id),
      file_id: fileId === undefined || others.length > 0 ? null : Number(fileId),
      code: selection?.code ?? null,
      files: files ?? null,
      details: details === undefined ? null : JSON.stringify(details),
    })
    .execute();
}

/** What people did to an import, in that order. Throws NOT_FOUND. */
export async function listActs(
  ledger: Ledger,
  importId: string,
  query: PageQuery,
): Promise<Page<AuditEvent>> {
  await checkImport(ledger, importId);
  return await pageOfActs(ledger, { column: "import_id", value: importId }, query);
}

/** What people did to a vendor, in that order. */
export async function listVendorActs(
  ledger: Ledger,
  vendor: string,
  query: PageQuery,
): Promise<Page<AuditEvent>> {
  return await pageOfActs(ledger, { column: "vendor", value: vendor }, query);
}

async function pageOfActs(
  ledger: Ledger,
  of: { column: "import_id" | "vendor"; value: string },
  query: PageQuery,
): Promise<Page<AuditEvent>> {
  let select = ledger.db
    .selectFrom("acts")
    .selectAll()
    .where(of.column, "=", of.value)
    .orderBy("id")
    .limit(query.limit + 1);
  if (query.after !== undefined)
    select = select.where("id", ">", Number(cursor(query.after, /^\d{1,15}$/)));
  const { items, next } = pageOf(await select.execute(), query.limit, (row) => String(row.id));
  return { items: items.map(actView), next };
}

function actView(row: Selectable<ActTable>): AuditEvent {
  return {
    event_id: String(row.id),
    import_id: row.import_id,
    vendor: row.vendor,
    at: row.at.toISOString(),
    who: row.who,
    what: row.what,
    why: row.why,
    folder_id: row.folder_id === null ? null : String(row.folder_id),
    file_id: row.file_id === null ? null : String(row.file_id),
    code: row.code,
    files: row.files,
    details: row.details,
  };
}

/** Why an import can't be acted on: it isn't there, or has ended for good. Undefined for any other. */
export async function whyClosed(
  db: Kysely<LedgerSchema>,
  importId: string,
  what: AuditAction,
): Promise<ExhibitError | undefined> {
  const row = await db
    .selectFrom("imports")
    .select("status")
    .where("id", "=", importId)
    .executeTakeFirst();
  if (!row) return new ExhibitError("NOT_FOUND", `There is no import ${importId}.`);
  if (row.status !== "sealed" && row.status !== "cancelled") return undefined;
  return new ExhibitError(
    "STATE_CONFLICT",
    `Import ${importId} is ${row.status}: there is nothing to ${what}.`,
    { details: { status: row.status } },
  );
}

/** The failed files that a selection names, as a condition on `files`. */
export function failedFiles({ folder_id, code, file_ids }: Selection) {
  const conditions = [
    // The index of files with an error finds them.
    sql`files.state = 'failed' and files.error_code is not null`,
    ...(folder_id === undefined ? [] : [sql`files.folder_id = ${Number(folder_id)}`]),
    ...(code === undefined ? [] : [sql`files.error_code = ${code}`]),
    ...(file_ids === undefined ? [] : [sql`files.id = any(${file_ids.map(Number)}::bigint[])`]),
  ];
  return sql`(${sql.join(conditions, sql` and `)})`;
}

/** Why files or the folder that an act names can't be taken: unknown, or not failed. */
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
    ...(file_ids === undefined ? [] : ["among those that are named"]),
  ];
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
