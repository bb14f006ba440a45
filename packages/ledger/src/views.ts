import {
  type Counts,
  type ErrorCode,
  type ErrorView,
  ExhibitError,
  errorTable,
  type FileState,
  type FileView,
  type FolderView,
  type ImportStatus,
  type ImportView,
  restingStatuses,
} from "@exhibit/contracts";
import { type Selectable, sql } from "kysely";
import type { Ledger } from "./ledger.ts";
import { checkImport, cursor, type Page, type PageQuery, pageOf, UUID } from "./pages.ts";
import type { CounterColumns, FileTable, FolderTable, ImportTable } from "./schema.ts";

export interface ImportQuery extends PageQuery {
  suit_id?: string | undefined;
  entrust_id?: string | undefined;
  status?: ImportStatus | undefined;
}

export interface FileQuery extends PageQuery {
  state?: FileState | undefined;
  folder_id?: string | undefined;
}

/** Throws NOT_FOUND. */
export async function readImport(ledger: Ledger, importId: string): Promise<ImportView> {
  const row = UUID.test(importId)
    ? await ledger.db
        .selectFrom("imports")
        .selectAll()
        .where("id", "=", importId)
        .executeTakeFirst()
    : undefined;
  if (!row) throw new ExhibitError("NOT_FOUND", `There is no import ${importId}.`);
  return importView(row, await readBeside(ledger, [importId]));
}

/** The newest first; ids are UUIDs of version 7, so their order is that of their making. */
export async function listImports(ledger: Ledger, query: ImportQuery): Promise<Page<ImportView>> {
  let select = ledger.db
    .selectFrom("imports")
    .selectAll()
    .orderBy("id", "desc")
    .limit(query.limit + 1);
  if (query.after !== undefined) select = select.where("id", "<", cursor(query.after, UUID));
  if (query.status) select = select.where("status", "=", query.status);
  if (query.entrust_id !== undefined) select = select.where("entrust_id", "=", query.entrust_id);
  if (query.suit_id !== undefined)
    select = select.where(sql<boolean>`suit_ids @> array[${query.suit_id}]::text[]`);
  const { items, next } = pageOf(await select.execute(), query.limit, (row) => row.id);
  const beside = await readBeside(
    ledger,
    items.map((row) => row.id),
  );
  return { items: items.map((row) => importView(row, beside)), next };
}

/** In the order of the request. */
export async function listFolders(
  ledger: Ledger,
  importId: string,
  query: PageQuery,
): Promise<Page<FolderView>> {
  const status = await checkImport(ledger, importId);
  let select = ledger.db
    .selectFrom("folders")
    .selectAll()
    .where("import_id", "=", importId)
    .orderBy("id")
    .limit(query.limit + 1);
  if (query.after !== undefined)
    select = select.where("id", ">", Number(cursor(query.after, /^\d{1,15}$/)));
  const { items, next } = pageOf(await select.execute(), query.limit, (row) => String(row.id));
  return { items: items.map((row) => folderView(row, status)), next };
}

/** By folder, then by path; a page costs what is on it, however large the import. */
export async function listFiles(
  ledger: Ledger,
  importId: string,
  query: FileQuery,
): Promise<Page<FileView>> {
  await checkImport(ledger, importId);
  const [fromFolder, afterPath] = query.after === undefined ? [0, ""] : fileCursor(query.after);
  const folderId =
    query.folder_id === undefined
      ? null
      : Number(cursor(query.folder_id, /^\d{1,15}$/, "folder_id"));
  const count = query.limit + 1;
  const { rows } = await sql<Selectable<FileTable>>`
    select page.* from folders, lateral (
      select * from files
      where folder_id = folders.id
        and (folders.id > ${fromFolder} or path collate "C" > ${afterPath})
        ${query.state ? sql`and state = ${query.state}` : sql``}
        ${query.state === "failed" ? sql`and error_code is not null` : sql``}
      order by path collate "C"
      limit ${count}
    ) as page
    where folders.import_id = ${importId} and folders.id >= ${fromFolder}
      and (${folderId}::bigint is null or folders.id = ${folderId})
    order by folders.id, page.path collate "C"
    limit ${count}`.execute(ledger.db);
  const { items, next } = pageOf(rows, query.limit, (row) =>
    Buffer.from(JSON.stringify([row.folder_id, row.path])).toString("base64url"),
  );
  return { items: items.map(fileView), next };
}

function fileCursor(text: string): [number, string] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
    if (Array.isArray(value) && Number.isSafeInteger(value[0]) && typeof value[1] === "string") {
      return [value[0], value[1]];
    }
  } catch {
    // Not one of ours: said below.
  }
  throw new ExhibitError("REQUEST_INVALID", `after: "${text}" isn't one that this list gave.`);
}

/** What a view of an import needs beside its row. */
async function readBeside(ledger: Ledger, importIds: string[]) {
  const [errors, sent, paused] = await Promise.all([
    readErrors(ledger, importIds),
    readSending(ledger, importIds),
    readPausedVendorsOf(ledger, importIds),
  ]);
  return { errors, sent, paused };
}

interface PausedVendor {
  import_id: string;
  vendor: string;
  at: Date;
  who: string;
  why: string | null;
}

/** The paused vendors that unfinished folders of these imports wait for. */
async function readPausedVendorsOf({ db }: Ledger, importIds: string[]): Promise<PausedVendor[]> {
  if (importIds.length === 0) return [];
  const { rows } = await sql<PausedVendor>`
    select distinct folders.import_id, paused.* from paused_vendors as paused join folders on folders.vendor = paused.vendor
    where folders.import_id = any(${importIds}::uuid[]) and (folders.open_shards > 0 or not folders.planned)
    order by paused.vendor`.execute(db);
  return rows;
}

interface SentBytes {
  import_id: string;
  bytes: number;
}

async function readSending({ db }: Ledger, importIds: string[]): Promise<SentBytes[]> {
  if (importIds.length === 0) return [];
  const { rows } = await sql<SentBytes>`
    select import_id, sum(sending_bytes)::bigint as bytes from shards
    where import_id = any(${importIds}::uuid[]) and sending_bytes > 0
    group by import_id`.execute(db);
  return rows;
}

interface ErrorGroup {
  import_id: string;
  code: ErrorCode;
  message: string;
  files: number;
}

/** One entry for each code, with the message of one of its files; a folder that can't be planned counts no file. */
async function readErrors({ db }: Ledger, importIds: string[]): Promise<ErrorGroup[]> {
  if (importIds.length === 0) return [];
  const { rows } = await sql<ErrorGroup>`
    select import_id, code, min(message) as message, sum(files)::bigint as files from (
      select folders.import_id, files.error_code as code, min(files.error) as message, count(*) as files
      from folders join files on files.folder_id = folders.id
      where folders.import_id = any(${importIds}::uuid[]) and files.error_code is not null and files.state <> 'waived'
      group by folders.import_id, files.error_code
      union all
      select import_id, error_code, error, 0 from folders
      where import_id = any(${importIds}::uuid[]) and error_code is not null
      union all
      select id, error_code, error, 0 from imports
      where id = any(${importIds}::uuid[]) and error_code is not null
    ) as errors
    group by import_id, code
    order by files desc, code`.execute(db);
  return rows;
}

type Beside = Awaited<ReturnType<typeof readBeside>>;

function importView(row: Selectable<ImportTable>, { errors, sent, paused }: Beside): ImportView {
  const end = row.finished_at ?? new Date();
  const sending = sent.find((shard) => shard.import_id === row.id)?.bytes ?? 0;
  return {
    import_id: row.id,
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
    ...countsOf(row),
    sending_bytes: sending,
    seconds: Math.max(0, end.getTime() - row.created_at.getTime()) / 1000,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    finished_at: row.finished_at?.toISOString() ?? null,
    errors: errors
      .filter((group) => group.import_id === row.id)
      .map(({ code, message, files }) => ({ ...errorView(code, message), files })),
  };
}

function folderView(row: Selectable<FolderTable>, status: ImportStatus): FolderView {
  const running = row.planned ? "storing" : "planning";
  const busy = status === "cancelled" ? status : running;
  const resting = row.failed > 0 || row.error_code !== null ? "attention" : "done";
  return {
    folder_id: String(row.id),
    vendor: row.vendor,
    folder: row.selector,
    source: row.source,
    status: !row.planned || row.open_shards > 0 ? busy : resting,
    ...countsOf(row),
    endpoint: row.endpoint,
    bucket: row.bucket,
    prefix: row.prefix,
    error: row.error_code === null ? null : errorView(row.error_code as ErrorCode, row.error ?? ""),
  };
}

function fileView(row: Selectable<FileTable>): FileView {
  return {
    file_id: String(row.id),
    folder_id: String(row.folder_id),
    path: row.path,
    size: row.size,
    modified_at: row.modified_ms === null ? null : new Date(row.modified_ms).toISOString(),
    state: row.state,
    key: row.key,
    sha256: row.sha256 === null ? null : Buffer.from(row.sha256).toString("hex"),
    crc64: row.crc64,
    etag: row.etag,
    request_id: row.request_id,
    stored_at: row.stored_at?.toISOString() ?? null,
    lease_id: row.lease_id,
    skipped_as: row.skipped_as,
    error: row.error_code === null ? null : errorView(row.error_code as ErrorCode, row.error ?? ""),
    waived_by: row.waived_by,
    waived_why: row.waived_why,
    waived_at: row.waived_at?.toISOString() ?? null,
  };
}

function countsOf(row: Selectable<CounterColumns>): Counts {
  const {
    files,
    bytes,
    stored,
    stored_bytes,
    identical,
    identical_bytes,
    failed,
    waived,
    skipped,
  } = row;
  const planned = files - stored - identical - failed - waived;
  return {
    files,
    bytes,
    planned,
    stored,
    stored_bytes,
    identical,
    identical_bytes,
    failed,
    waived,
    skipped,
  };
}

function errorView(code: ErrorCode, message: string): ErrorView {
  return { code, message, remedy: errorTable[code].remedy };
}
