import type { AuditAction, AuditEvent } from "@exhibit/contracts";
import { type RawBuilder, type Selectable, sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { AuditTable } from "../schema.ts";
import { all } from "../sql/conditions.ts";
import { checkImport } from "../work/check-import.ts";
import { isBehind, moment, type Page, type PageQuery, pageOf, timeCursor } from "./paging.ts";

export interface AuditQuery extends PageQuery {
  /** By time. @defaultValue asc */
  order?: "asc" | "desc" | undefined;
}

/** Which events are listed; everything that is given has to match. */
export interface WholeAuditQuery extends AuditQuery {
  /** Who acted, for whomever. */
  who?: string | undefined;
  what?: readonly AuditAction[] | undefined;
  import_id?: string | undefined;
  vendor?: string | undefined;
  /** What else was acted on, or what lies below it. */
  subject?: string | undefined;
  /** Timestamps; the earlier one is part of the time, the later one isn't. */
  from?: string | undefined;
  to?: string | undefined;
}

/** Lists what people did to an import. Throws NOT_FOUND. */
export async function listAuditEvents(
  ledger: Ledger,
  importId: string,
  query: AuditQuery,
): Promise<Page<AuditEvent>> {
  await checkImport(ledger, importId);
  return await pageOfEvents(ledger, sql`import_id = ${importId}`, query);
}

/** Lists what people did to a vendor. */
export async function listVendorAuditEvents(
  ledger: Ledger,
  vendor: string,
  query: AuditQuery,
): Promise<Page<AuditEvent>> {
  return await pageOfEvents(ledger, sql`vendor = ${vendor}`, query);
}

/** Lists what people did to a key of the API. */
export async function listKeyAuditEvents(
  ledger: Ledger,
  keyId: string,
  query: AuditQuery,
): Promise<Page<AuditEvent>> {
  return await pageOfEvents(ledger, sql`subject = ${`keys/${keyId}`}`, query);
}

/** Lists what people did to anything. */
export async function listAllAuditEvents(
  ledger: Ledger,
  query: WholeAuditQuery,
): Promise<Page<AuditEvent>> {
  return await pageOfEvents(ledger, matches(query), query);
}

function matches(query: WholeAuditQuery): RawBuilder<boolean> {
  const { who, what, import_id, vendor, subject, from, to } = query;
  return all([
    who !== undefined && isActor(who),
    what !== undefined && sql`what = any(${what}::text[])`,
    import_id !== undefined && sql`import_id = ${import_id}`,
    vendor !== undefined && sql`vendor = ${vendor}`,
    subject !== undefined && isAtOrBelow(subject),
    from !== undefined && sql`at >= ${from}::timestamptz`,
    to !== undefined && sql`at < ${to}::timestamptz`,
  ]);
}

/** Holds for what somebody did, for whomever. */
export function isActor(who: string): RawBuilder<boolean> {
  return sql`(who = ${who} or starts_with(who, ${`${who} for `}))`;
}

/** Holds for a subject, and for what its path leads to. */
export function isAtOrBelow(subject: string): RawBuilder<boolean> {
  return sql`(subject = ${subject} or starts_with(subject, ${`${subject}/`}))`;
}

/** Lists the audit events that a condition on `acts` holds for. */
export async function pageOfEvents(
  ledger: Ledger,
  condition: RawBuilder<unknown>,
  { order = "asc", limit, after }: AuditQuery,
): Promise<Page<AuditEvent>> {
  const rows = await ledger.db
    .selectFrom("acts")
    .selectAll()
    .select(moment)
    .where(sql<boolean>`${condition}`)
    .where(isBehind({ order, after }))
    .orderBy("at", order)
    .orderBy("id", order)
    .limit(limit + 1)
    .execute();
  const { items, next } = pageOf(rows, limit, timeCursor);
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
