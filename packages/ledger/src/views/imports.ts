import {
  canRetryHelp,
  counterNames,
  countsOf,
  failureActionOf,
  type ImportStatus,
  type ImportView,
  importStatuses,
  restingStatuses,
  SUITS_IN_VIEW,
} from "@exhibit/contracts";
import { type Selectable, sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { ImportTable } from "../schema.ts";
import { isWithin } from "../scope.ts";
import { noImport, UUID } from "../work/check-import.ts";
import { waitsOf } from "../workers/waits.ts";
import { type ImportDetails, readImportDetails, type Vanished } from "./import-details.ts";
import { hasStatus, type ImportQuery, matches } from "./import-filter.ts";
import { cursor, type Page, pageOf } from "./paging.ts";
import { errorView, isTrial } from "./parts.ts";
import { paceOf } from "./rates/pace.ts";

/** Returns an import as people see it. Throws NOT_FOUND. */
export async function readImport(ledger: Ledger, importId: string): Promise<ImportView> {
  const row = UUID.test(importId)
    ? await ledger.db
        .selectFrom("imports")
        .select(shownColumns)
        .where("id", "=", importId)
        .where(isWithin(ledger))
        .executeTakeFirst()
    : undefined;
  if (!row) throw noImport(importId);
  return importView(row, await readImportDetails(ledger, [importId]), isTrial(ledger));
}

/** Returns some imports as people see them; those that aren't there are left out. */
export async function readImports(ledger: Ledger, importIds: string[]): Promise<ImportView[]> {
  if (importIds.length === 0) return [];
  const rows = await ledger.db
    .selectFrom("imports")
    .select(shownColumns)
    .where("id", "in", importIds)
    .where(isWithin(ledger))
    .execute();
  const beside = await readImportDetails(
    ledger,
    rows.map(({ id }) => id),
  );
  return rows.map((row) => importView(row, beside, isTrial(ledger)));
}

/**
 * Lists imports, the newest first or the oldest: their ids are UUIDs of version 7, so the order of ids
 * is that of creation, and an import that changes stays where it is.
 */
export async function listImports(
  ledger: Ledger,
  query: ImportQuery,
): Promise<Page<ImportView> & { totals?: Record<ImportStatus, number> }> {
  const isOldestFirst = query.sort === "oldest";
  let select = ledger.db
    .selectFrom("imports")
    .select(shownColumns)
    .where(isWithin(ledger))
    .where(matches(query))
    .where(hasStatus(query))
    .orderBy("id", isOldestFirst ? "asc" : "desc")
    .limit(query.limit + 1);
  if (query.after !== undefined)
    select = select.where("id", isOldestFirst ? ">" : "<", cursor(query.after, UUID));
  const { items, next } = pageOf(await select.execute(), query.limit, (row) => row.id);
  const beside = await readImportDetails(
    ledger,
    items.map((row) => row.id),
  );
  return {
    items: items.map((row) => importView(row, beside, isTrial(ledger))),
    next,
    ...(query.totals && { totals: await countByStatus(ledger, query) }),
  };
}

/** Returns how many imports of each status a query's other filters let through. */
async function countByStatus(
  ledger: Ledger,
  query: ImportQuery,
): Promise<Record<ImportStatus, number>> {
  const { rows } = await sql<{ status: ImportStatus; imports: number }>`
    select status, count(*) as imports from imports
    where ${isWithin(ledger)} and ${matches(query)}
    group by status`.execute(ledger.db);
  const found = new Map(rows.map(({ status, imports }) => [status, imports]));
  return Object.fromEntries(
    importStatuses.map((status) => [status, found.get(status) ?? 0]),
  ) as Record<ImportStatus, number>;
}

/** What a view shows of an import's row: of its suits, of which there may be thousands, the first. */
const shownColumns = [
  "id",
  "entrust_id",
  sql<string[]>`suit_ids[1:${sql.lit(SUITS_IN_VIEW)}]`.as("suit_ids"),
  sql<number>`cardinality(suit_ids)`.as("suit_ids_total"),
  "status",
  "paused_at",
  "paused_by",
  "paused_why",
  "created_at",
  "updated_at",
  "finished_at",
  "title",
  "labels",
  "priority",
  "set_aside",
  "start_at",
  "amends",
  ...counterNames,
] as const;

type ShownColumn = Extract<(typeof shownColumns)[number], string> | "suit_ids";
type ShownImport = Pick<Selectable<ImportTable>, ShownColumn> & { suit_ids_total: number };

function importView(
  row: ShownImport,
  { errors, vanished, sent, paused, origins, custody, callbacks, speeds, fleet }: ImportDetails,
  trial: boolean,
): ImportView {
  const end = row.finished_at ?? new Date();
  const waiting = waitsOf(fleet, {
    importId: row.id,
    status: row.status,
    since: row.updated_at,
    isPaused: row.paused_at !== null,
    startAt: row.start_at,
  });
  const origin = origins.find(({ id }) => id === row.id);
  const sealed = custody.find(({ id }) => id === row.id);
  const sending = sent.find((shard) => shard.import_id === row.id)?.bytes ?? 0;
  const moving = !restingStatuses.has(row.status) && fleet.moving.has(row.id);
  const speed = speeds.find(({ id }) => id === row.id);
  return {
    import_id: row.id,
    trial,
    status: row.status,
    paused:
      row.paused_at === null || row.paused_by === null
        ? null
        : { at: row.paused_at.toISOString(), who: row.paused_by, why: row.paused_why },
    paused_vendors: restingStatuses.has(row.status)
      ? []
      : paused
          .filter(({ import_id }) => import_id === row.id)
          .map(({ vendor, at, who, why }) => ({ vendor, at: at.toISOString(), who, why })),
    entrust_id: row.entrust_id,
    suit_ids: row.suit_ids,
    suit_ids_total: row.suit_ids_total,
    title: row.title,
    labels: row.labels,
    priority: row.priority,
    set_aside: row.set_aside,
    start_at: row.start_at?.toISOString() ?? null,
    amends: row.amends,
    amended_by: origin?.amended_by ?? [],
    seal: sealed?.seal ?? null,
    verified: sealed?.verified ?? [],
    created_by: origin?.created_by ?? null,
    vendors: origin?.vendors ?? [],
    callback: callbacks.get(row.id) ?? null,
    ...countsOf(row),
    sending_bytes: sending,
    seconds: Math.max(0, end.getTime() - row.created_at.getTime()) / 1000,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    finished_at: row.finished_at?.toISOString() ?? null,
    errors: errors
      .filter((group) => group.import_id === row.id)
      .map(({ code, message, files, failed, folders, stands_for }) => ({
        ...errorView(code, message),
        files,
        failed,
        waiting: files - failed,
        // Without a file, it is the source or the import itself that failed.
        action: failureActionOf(code, failed > 0 || files === 0),
        retry_helps: canRetryHelp(code),
        folders,
        stands_for,
      })),
    waiting,
    moving,
    ...paceOf(row, { moving, speed, sending, actedAt: origin?.acted_at }),
    failed_folders: origin?.failed_folders ?? 0,
    warnings: vanished
      .filter((lacking) => lacking.import_id === row.id)
      .map((lacking) => ({
        ...errorView("SOURCE_SHRUNK", sentenceOf(lacking)),
        files: lacking.files,
      })),
  };
}

function sentenceOf(of: Vanished): string {
  const { files, folders, source, paths, last_import, last_at, last_files } = of;
  const where = folders === 1 ? source : `${source} and ${folders - 1} other folders`;
  const lacking = folders === 1 ? `${files} of the ${last_files}` : String(files);
  const day = last_at.toISOString().slice(0, 10);
  return `${lacking} files that import ${last_import} of ${day} stored aren't in ${where} any more, such as ${paths.map((path) => JSON.stringify(path)).join(", ")}.`;
}
