import type { ErrorCode, IncidentView } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import { plainArray, textArray } from "../sql/arrays.ts";
import { storable } from "../sql/text.ts";
import { checkImport, cursor, type Page, type PageQuery, pageOf } from "../views/paging.ts";
import { workerView } from "../views/parts.ts";

/** What touched the integrity of a file, whatever becomes of the file: its row tells only how it ended. */
export interface Incident {
  fileId: number;
  at: Date;
  code: ErrorCode;
  message: string;
}

/** Puts incidents of a folder's files on the record. Those that are there already change nothing. */
export async function recordIncidents(
  { db }: Ledger,
  folderId: number,
  incidents: readonly Incident[],
  worker: number | null = null,
): Promise<void> {
  if (incidents.length === 0) return;
  await sql`
    insert into incidents (folder_id, file_id, at, code, message, worker)
    select ${folderId}, i.file_id, i.at, i.code, i.message, ${worker}::integer
    from unnest(
      ${plainArray(incidents.map(({ fileId }) => fileId))}::bigint[],
      ${plainArray(incidents.map(({ at }) => at.toISOString()))}::timestamptz[],
      ${plainArray(incidents.map(({ code }) => code))}::text[],
      ${textArray(incidents.map(({ message }) => storable(message)))}::text[]
    ) as i (file_id, at, code, message)
    where not exists (select from incidents known
      where known.file_id = i.file_id and known.at = i.at and known.code = i.code and known.message = i.message)`.execute(
    db,
  );
}

/** In the order in which they came to be known. Throws NOT_FOUND. */
export async function listIncidents(
  ledger: Ledger,
  importId: string,
  query: PageQuery,
): Promise<Page<IncidentView>> {
  await checkImport(ledger, importId);
  let select = ledger.db
    .selectFrom("incidents")
    .innerJoin("folders", "folders.id", "incidents.folder_id")
    .leftJoin("files", "files.id", "incidents.file_id")
    .leftJoin("worker_facts", "worker_facts.number", "incidents.worker")
    .select(["incidents.id", "incidents.at", "incidents.code", "incidents.message"])
    .select(["incidents.folder_id", "incidents.file_id", "files.path"])
    .select(["worker_facts.host", "worker_facts.os_user", "worker_facts.version"])
    .where("folders.import_id", "=", importId)
    .orderBy("incidents.id")
    .limit(query.limit + 1);
  if (query.after !== undefined)
    select = select.where("incidents.id", ">", Number(cursor(query.after, /^\d{1,15}$/)));
  const { items, next } = pageOf(await select.execute(), query.limit, (row) => String(row.id));
  return {
    items: items.map(({ id, at, code, message, folder_id, file_id, path, ...worker }) => ({
      incident_id: String(id),
      at: at.toISOString(),
      code,
      message,
      folder_id: String(folder_id),
      file_id: file_id === null ? null : String(file_id),
      path,
      worker: workerView(worker),
    })),
    next,
  };
}
