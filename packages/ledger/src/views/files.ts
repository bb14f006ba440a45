import {
  type ErrorCode,
  ExhibitError,
  type FileState,
  type FileView,
  isKeepable,
  isWrittenOut,
  shownPath,
} from "@exhibit/contracts";
import { type Selectable, sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { FileTable } from "../schema.ts";
import { checkImport } from "../work/check-import.ts";
import { cursor, type Page, type PageQuery, pageOf } from "./paging.ts";
import { errorView, isTrial, timestampOf, type WorkerColumns, workerView } from "./parts.ts";

export interface FileQuery extends PageQuery {
  /** Files in one of these states; undefined for any. */
  state?: readonly FileState[] | undefined;
  code?: ErrorCode | undefined;
  folder_id?: string | undefined;
}

/**
 * Lists files by folder, then by path. A page costs what is on it, however large the import is.
 * Throws NOT_FOUND.
 */
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
  const { rows } = await sql<FileRow>`
    select page.*, coalesce(lease_uses.id, leases.id) as lease_id, lease_uses.endpoint, lease_uses.bucket,
      coalesce(lease_uses.prefix, leases.prefix) || coalesce(page.key, page.normal, page.path) as whole_key,
      worker_facts.host, worker_facts.os_user, worker_facts.version
    from folders, lateral (
      select * from files
      where folder_id = folders.id
        and (folders.id > ${fromFolder} or path collate "C" > ${afterPath})
        ${inQuery(query)}
      order by path collate "C"
      limit ${count}
    ) as page left join lease_uses on lease_uses.number = page.lease left join leases on leases.number = page.lease
      left join worker_facts on worker_facts.number = lease_uses.worker
    where folders.import_id = ${importId} and folders.id >= ${fromFolder}
      and (${folderId}::bigint is null or folders.id = ${folderId})
    order by folders.id, page.path collate "C"
    limit ${count}`.execute(ledger.db);
  const { items, next } = pageOf(rows, query.limit, (row) =>
    Buffer.from(JSON.stringify([row.folder_id, row.path])).toString("base64url"),
  );
  return { items: items.map((row) => fileView(row, isTrial(ledger))), next };
}

/**
 * Returns the query's conditions. Those that only files with an error fulfil name error_code, so
 * that Postgres uses the index of those few files.
 */
function inQuery({ state, code }: FileQuery) {
  const conditions = [
    ...(state === undefined ? [] : [sql`and state = any(${state}::text[])`]),
    ...(state?.every((each) => each === "failed" || each === "waived")
      ? [sql`and error_code is not null`]
      : []),
    ...(code === undefined ? [] : [sql`and error_code = ${code}`]),
  ];
  return sql.join(conditions, sql` `);
}

function fileCursor(text: string): [number, string] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, "base64url").toString());
    const [folder, path] = Array.isArray(value) ? value : [];
    if (Number.isSafeInteger(folder) && typeof path === "string" && isKeepable(path)) {
      return [folder, path];
    }
  } catch {
    // Not a cursor of ours: thrown below.
  }
  throw new ExhibitError("REQUEST_INVALID", `after: "${text}" isn't a value from this list.`);
}

/**
 * A file's row with its lease. Endpoint, bucket and worker are unknown for a file that an earlier
 * release stored.
 */
interface FileRow extends Selectable<FileTable>, WorkerColumns {
  lease_id: string | null;
  endpoint: string | null;
  bucket: string | null;
  whole_key: string | null;
}

function fileView(row: FileRow, trial: boolean): FileView {
  return {
    file_id: String(row.id),
    folder_id: String(row.folder_id),
    trial,
    path: isWrittenOut(row.path) ? (row.normal ?? shownPath(row.path)) : row.path,
    raw_path: isWrittenOut(row.path) ? shownPath(row.path) : null,
    size: row.size,
    modified_at: row.modified_ms === null ? null : timestampOf(row.modified_ms),
    modified_ms: row.modified_ms,
    state: row.state,
    is_folder: row.is_folder === true,
    stands_for: row.stands_for,
    endpoint: row.endpoint,
    bucket: row.bucket,
    key: row.whole_key,
    version_id: row.version_id,
    sha256: row.sha256 === null ? null : Buffer.from(row.sha256).toString("hex"),
    crc64: row.crc64 === null ? null : String(Buffer.from(row.crc64).readBigUInt64BE()),
    etag: row.etag,
    request_id: row.request_id,
    stored_at: row.stored_at === null ? null : timestampOf(row.stored_at),
    lease_id: row.lease_id,
    worker: workerView(row),
    skipped_as: row.skipped_as,
    error: row.error_code === null ? null : errorView(row.error_code, row.error ?? ""),
    waived_by: row.waived_by,
    waived_why: row.waived_why,
    waived_at: row.waived_at?.toISOString() ?? null,
  };
}
