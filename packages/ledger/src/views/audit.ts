import type { AuditEvent } from "@exhibit/contracts";
import type { Selectable } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { AuditTable } from "../schema.ts";
import { checkImport } from "../work/check-import.ts";
import { cursor, type Page, type PageQuery, pageOf } from "./paging.ts";

/** Lists what people did to an import, the oldest first. Throws NOT_FOUND. */
export async function listAuditEvents(
  ledger: Ledger,
  importId: string,
  query: PageQuery,
): Promise<Page<AuditEvent>> {
  await checkImport(ledger, importId);
  return await pageOfEvents(ledger, { column: "import_id", value: importId }, query);
}

/** Lists what people did to a vendor, the oldest first. */
export async function listVendorAuditEvents(
  ledger: Ledger,
  vendor: string,
  query: PageQuery,
): Promise<Page<AuditEvent>> {
  return await pageOfEvents(ledger, { column: "vendor", value: vendor }, query);
}

/** Lists what people did to a key of the API, the oldest first. */
export async function listKeyAuditEvents(
  ledger: Ledger,
  keyId: string,
  query: PageQuery,
): Promise<Page<AuditEvent>> {
  return await pageOfEvents(ledger, { column: "subject", value: `keys/${keyId}` }, query);
}

/** Lists what people did to anything, the oldest first. */
export async function listAllAuditEvents(
  ledger: Ledger,
  query: PageQuery,
): Promise<Page<AuditEvent>> {
  return await pageOfEvents(ledger, undefined, query);
}

async function pageOfEvents(
  ledger: Ledger,
  of: { column: "import_id" | "vendor" | "subject"; value: string } | undefined,
  query: PageQuery,
): Promise<Page<AuditEvent>> {
  let select = ledger.db
    .selectFrom("acts")
    .selectAll()
    .orderBy("id")
    .limit(query.limit + 1);
  if (of !== undefined) select = select.where(of.column, "=", of.value);
  if (query.after !== undefined)
    select = select.where("id", ">", Number(cursor(query.after, /^\d{1,15}$/)));
  const { items, next } = pageOf(await select.execute(), query.limit, (row) => String(row.id));
  return { items: items.map(auditEvent), next };
}

function auditEvent(row: Selectable<AuditTable>): AuditEvent {
  return {
    event_id: String(row.id),
    import_id: row.import_id,
    vendor: row.vendor,
    subject: row.subject,
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
