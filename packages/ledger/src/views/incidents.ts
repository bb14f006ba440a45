import type { IncidentView } from "@exhibit/contracts";
import type { Ledger } from "../ledger.ts";
import { checkImport } from "../work/check-import.ts";
import { cursor, type Page, type PageQuery, pageOf } from "./paging.ts";
import { workerView } from "./parts.ts";

/** Lists the incidents of an import in the order in which they were recorded. Throws NOT_FOUND. */
export async function listIncidents(
  ledger: Ledger,
  importId: string,
  query: PageQuery,
): Promise<Page<IncidentView>> {
  await checkImport(ledger, importId);
  return await incidentsOf(ledger, importId, query);
}

/** Does the same for an import that is within the scope, or for one file of it. */
export async function incidentsOf(
  ledger: Ledger,
  importId: string,
  query: PageQuery & { fileId?: number },
): Promise<Page<IncidentView>> {
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
  if (query.fileId !== undefined) select = select.where("incidents.file_id", "=", query.fileId);
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
