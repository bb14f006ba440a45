import { type FileView, isWrittenOut, shownPath } from "@exhibit/contracts";
import { type Selectable, sql } from "kysely";
import type { Ledger } from "../../ledger.ts";
import type { FileTable } from "../../schema.ts";
import { checkImport } from "../../work/check-import.ts";
import { type Page, pageOf } from "../paging.ts";
import { errorOf, isTrial, timestampOf, type WorkerColumns, workerView } from "../parts.ts";
import {
  type FileQuery,
  fileCursor,
  filesOfFolder,
  folderNumberOf,
  mostOf,
} from "./file-filter.ts";

/**
 * Lists files by folder, then by path. A page costs what is on it, however large the import is, except
 * where `q` has to look for what few paths have. Throws NOT_FOUND.
 */
export async function listFiles(
  ledger: Ledger,
  importId: string,
  query: FileQuery,
): Promise<Page<FileView>> {
  await checkImport(ledger, importId);
  const [fromFolder, afterPath] = fileCursor(query.after);
  const folderId = folderNumberOf(query);
  const count = query.limit + 1;
  // One comparison, so that the index of paths begins where the page does.
  const after = sql`path collate "C" > case when folders.id > ${fromFolder} then '' else ${afterPath}::text end`;
  const most = sql`least(${count}, ${mostOf(query)})`;
  const { rows } = await sql<FileRow>`
    select page.*, ${receiptColumns}
    from folders, lateral (${filesOfFolder(query, after, most)}) as page ${receiptJoins}
    where folders.import_id = ${importId} and folders.id >= ${fromFolder} and ${mostOf(query)} > 0
      and (${folderId}::bigint is null or folders.id = ${folderId})
    order by folders.id, page.path collate "C"
    limit ${count}`.execute(ledger.db);
  const { items, next } = pageOf(rows, query.limit, (row) =>
    Buffer.from(JSON.stringify([row.folder_id, row.path])).toString("base64url"),
  );
  return { items: items.map((row) => fileView(row, isTrial(ledger))), next };
}

/** Where a file went, which its row says only by its number of a lease. */
export const placeColumns = sql`
  coalesce(lease_uses.id, leases.id) as lease_id, lease_uses.endpoint, lease_uses.bucket,
  coalesce(lease_uses.prefix, leases.prefix) || coalesce(page.key, page.normal, page.path) as whole_key`;

/** The joins that `placeColumns` needs beside a `page` of files. */
export const placeJoins = sql`
  left join lease_uses on lease_uses.number = page.lease left join leases on leases.number = page.lease`;

/** The same with the facts of the worker that sent it. */
export const receiptColumns = sql`
  ${placeColumns}, worker_facts.host, worker_facts.os_user, worker_facts.version`;

/** The joins that `receiptColumns` needs beside a `page` of files. */
export const receiptJoins = sql`
  ${placeJoins} left join worker_facts on worker_facts.number = lease_uses.worker`;

/**
 * A file's row with its lease. Endpoint, bucket and worker are unknown for a file that an earlier
 * release stored.
 */
export interface FileRow extends Selectable<FileTable>, Partial<WorkerColumns> {
  lease_id: string | null;
  endpoint: string | null;
  bucket: string | null;
  whole_key: string | null;
}

/** Returns a file as people see it. */
export function fileView(row: FileRow, trial: boolean): FileView {
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
    identical_by: row.identical_by,
    retained_until: row.retained_until?.toISOString() ?? null,
    sha256: row.sha256 === null ? null : Buffer.from(row.sha256).toString("hex"),
    sm3: row.sm3 === null ? null : Buffer.from(row.sm3).toString("hex"),
    crc64: row.crc64 === null ? null : String(Buffer.from(row.crc64).readBigUInt64BE()),
    etag: row.etag,
    request_id: row.request_id,
    stored_at: row.stored_at === null ? null : timestampOf(row.stored_at),
    lease_id: row.lease_id,
    worker: workerView(row),
    skipped_as: row.skipped_as,
    error: errorOf(row),
    waived_by: row.waived_by,
    waived_why: row.waived_why,
    waived_at: row.waived_at?.toISOString() ?? null,
  };
}
