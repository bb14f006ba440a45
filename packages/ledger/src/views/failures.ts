import {
  canRetryHelp,
  type ErrorCode,
  type FailureDimension,
  type FailureGroup,
  type FailureGroups,
  failureActionOf,
  type ImportStatus,
  isWrittenOut,
  shownPath,
} from "@exhibit/contracts";
import { type RawBuilder, sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { isWithin } from "../scope.ts";
import { all } from "../sql/conditions.ts";
import { shownPathIn } from "../sql/text.ts";
import { isClosed } from "../states.ts";
import { checkImport } from "../work/check-import.ts";
import { cursor } from "./paging.ts";
import { errorView } from "./parts.ts";

/** Which failures are grouped, and by what beside their code; everything that is given has to match. */
export interface FailureQuery {
  by: readonly FailureDimension[];
  code?: ErrorCode | undefined;
  vendor?: string | undefined;
  entrust_id?: string | undefined;
  folder_id?: string | undefined;
  /** A timestamp: only what was recorded since then. */
  since?: string | undefined;
  limit: number;
}

/**
 * Groups what an import's files, folders and the import itself failed with, or are waiting for, the
 * most frequent first. Throws NOT_FOUND.
 */
export async function groupErrors(
  ledger: Ledger,
  importId: string,
  query: FailureQuery,
): Promise<FailureGroups> {
  await checkImport(ledger, importId);
  return await groupsOf(ledger, sql`imports.id = ${importId}`, query);
}

/** Does the same for all imports within the ledger's scope that can still be acted on. */
export async function groupFailures(ledger: Ledger, query: FailureQuery): Promise<FailureGroups> {
  return await groupsOf(ledger, sql`not ${isClosed}`, query);
}

interface GroupRow {
  code: ErrorCode;
  vendor: string | null;
  import_id: string | null;
  folder_id: number | null;
  pattern: string | null;
  message: string;
  files: number;
  failed: number;
  sources: number;
  imports: number;
  first_at: Date | null;
  last_at: Date | null;
  first_file: number | null;
  last_file: number | null;
  total: number;
  total_failed: number;
  total_waiting: number;
}

const columns = {
  vendor: sql`vendor`,
  import: sql`import_id`,
  folder: sql`folder_id`,
  message: sql`pattern`,
} as const;

async function groupsOf(
  ledger: Ledger,
  which: RawBuilder<unknown>,
  query: FailureQuery,
): Promise<FailureGroups> {
  const { by, limit } = query;
  const keys = by.flatMap((each) => (each === "code" ? [] : [columns[each]]));
  const isBy = (dimension: keyof typeof columns) =>
    by.includes(dimension) ? columns[dimension] : sql`null`;
  const { rows } = await sql<GroupRow>`
    with failure as (${failuresOf(ledger, which, query)})
    select code, ${isBy("vendor")} as vendor, ${isBy("import")} as import_id, ${isBy("folder")} as folder_id,
      ${isBy("message")} as pattern, min(message) as message,
      sum(files)::bigint as files, sum(failed)::bigint as failed, sum(sources)::bigint as sources,
      count(distinct import_id) as imports, min(first_at) as first_at, max(last_at) as last_at,
      min(first_file) as first_file, max(last_file) as last_file,
      count(*) over () as total, (sum(sum(failed)) over ())::bigint as total_failed,
      (sum(sum(files - failed)) over ())::bigint as total_waiting
    from failure
    group by ${sql.join([sql`code`, ...keys])}
    order by sum(failed) desc, sum(files) desc, ${sql.join([sql`code`, ...keys])}
    limit ${limit}`.execute(ledger.db);
  const [first] = rows;
  const [named, files] = await Promise.all([importsNamed(ledger, rows), filesNamed(ledger, rows)]);
  return {
    items: rows.map((row) => groupOf(row, named, files)),
    groups: first?.total ?? 0,
    failed: first?.total_failed ?? 0,
    waiting: first?.total_waiting ?? 0,
  };
}

/**
 * Selects the failures, grouped as finely as anybody may ask. Only folders in which files failed, or
 * may be waiting, are looked into, by the index of files with an error.
 */
function failuresOf(
  ledger: Ledger,
  which: RawBuilder<unknown>,
  query: FailureQuery,
): RawBuilder<unknown> {
  const { by, code, vendor, entrust_id, since } = query;
  const folderId =
    query.folder_id === undefined
      ? undefined
      : Number(cursor(query.folder_id, /^\d{1,15}$/, "folder_id"));
  const imports = all([
    which,
    isWithin(ledger),
    entrust_id !== undefined && sql`imports.entrust_id = ${entrust_id}`,
  ]);
  const folders = all([
    imports,
    vendor !== undefined && sql`folders.vendor = ${vendor}`,
    folderId !== undefined && sql`folders.id = ${folderId}`,
  ]);
  const pattern = (message: RawBuilder<unknown>) =>
    by.includes("message") ? message : sql`null::text`;
  const asks = (table: string) =>
    all([
      sql`${sql.ref(`${table}.error_code`)} is not null`,
      code !== undefined && sql`${sql.ref(`${table}.error_code`)} = ${code}`,
      since !== undefined &&
        (table === "imports"
          ? sql`imports.updated_at >= ${since}::timestamptz`
          : sql`${sql.ref(`${table}.error_at`)} >= ${since}::timestamptz`),
    ]);
  // The import's own error belongs to no vendor and no folder.
  const ofImports =
    vendor === undefined && folderId === undefined
      ? sql`
        union all
        select imports.id, null, null, imports.error_code, ${pattern(alike(sql`imports.error`))}, imports.error,
          0, 0, 0, imports.finished_at, imports.finished_at, null, null
        from imports where ${imports} and ${asks("imports")}`
      : sql``;
  return sql`
    select imports.id as import_id, folders.vendor, folders.id as folder_id, files.error_code as code,
      ${pattern(alike(sql`replace(files.error, ${shownPathIn("files")}, '…')`))} as pattern, min(files.error) as message,
      count(*) as files, count(*) filter (where files.state = 'failed') as failed, 0 as sources,
      min(files.error_at) as first_at, max(files.error_at) as last_at, min(files.id) as first_file, max(files.id) as last_file
    from imports join folders on folders.import_id = imports.id join files on files.folder_id = folders.id
    where ${folders} and (folders.failed > 0 or folders.open_shards > 0 or not folders.planned)
      and files.state <> 'waived' and ${asks("files")}
    group by 1, 2, 3, 4, 5
    union all
    select imports.id, folders.vendor, folders.id, folders.error_code, ${pattern(alike(sql`folders.error`))}, folders.error,
      0, 0, 1, folders.error_at, folders.error_at, null, null
    from imports join folders on folders.import_id = imports.id
    where ${folders} and ${asks("folders")}${ofImports}`;
}

/** Returns a message without its numbers, which differ where nothing else does. */
function alike(message: RawBuilder<unknown>): RawBuilder<string> {
  return sql`regexp_replace(${message}, '[0-9]+', '#', 'g')`;
}

type NamedImport = NonNullable<FailureGroup["import"]>;

async function importsNamed({ db }: Ledger, rows: readonly GroupRow[]) {
  const ids = [...new Set(rows.flatMap(({ import_id }) => import_id ?? []))];
  if (ids.length === 0) return new Map<string, NamedImport>();
  const found = await db
    .selectFrom("imports")
    .select(["id", "entrust_id", "title", "status", "paused_at"])
    .where("id", "in", ids)
    .execute();
  return new Map(
    found.map(({ id, entrust_id, title, status, paused_at }) => [
      id,
      {
        import_id: id,
        entrust_id,
        title,
        status: status as ImportStatus,
        paused: paused_at !== null,
      },
    ]),
  );
}

async function filesNamed({ db }: Ledger, rows: readonly GroupRow[]) {
  const ids = rows.flatMap(({ first_file, last_file }) => [first_file, last_file].filter(Boolean));
  const { rows: found } = await sql<{ id: number; folder_id: number; path: string }>`
    select id, folder_id, path from files where id = any(${ids}::bigint[])`.execute(db);
  return new Map(found.map((file) => [file.id, file]));
}

function groupOf(
  row: GroupRow,
  imports: ReadonlyMap<string, NamedImport>,
  files: Awaited<ReturnType<typeof filesNamed>>,
): FailureGroup {
  const { code, files: count, failed, sources } = row;
  const samples = [...new Set([row.first_file, row.last_file])].flatMap(
    (id) => (id === null ? undefined : files.get(id)) ?? [],
  );
  return {
    ...errorView(code, row.message),
    vendor: row.vendor,
    import: row.import_id === null ? null : (imports.get(row.import_id) ?? null),
    folder_id: row.folder_id === null ? null : String(row.folder_id),
    pattern: row.pattern,
    failed,
    waiting: count - failed,
    sources,
    imports: row.imports,
    action: failureActionOf(code, failed > 0 || count === 0),
    retry_helps: canRetryHelp(code),
    first_at: row.first_at?.toISOString() ?? null,
    last_at: row.last_at?.toISOString() ?? null,
    samples: samples.map(({ id, folder_id, path }) => ({
      file_id: String(id),
      folder_id: String(folder_id),
      path: isWrittenOut(path) ? shownPath(path) : path,
    })),
  };
}
