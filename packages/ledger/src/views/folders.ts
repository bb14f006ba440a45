import { countsOf, type FolderView, type ImportStatus } from "@exhibit/contracts";
import type { Selectable } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { FolderTable } from "../schema.ts";
import { offeredOf } from "../storing/destinations.ts";
import { checkImport } from "../work/check-import.ts";
import { cursor, type Page, type PageQuery, pageOf } from "./paging.ts";
import { errorOf, isTrial } from "./parts.ts";

/** Lists folders in the order of the request. Throws NOT_FOUND. */
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
  return { items: items.map((row) => folderView(row, status, isTrial(ledger))), next };
}

/** Returns a folder as people see it. Its status is derived: docs/states.md has the rules. */
export function folderView(
  row: Selectable<FolderTable>,
  status: ImportStatus,
  trial: boolean,
): FolderView {
  const running = row.planned ? "storing" : "planning";
  const busy = status === "cancelled" ? status : running;
  const resting = row.failed > 0 || row.error_code !== null ? "attention" : "done";
  return {
    folder_id: String(row.id),
    trial,
    vendor: row.vendor,
    folder: row.selector,
    source: row.source,
    status: !row.planned || row.open_shards > 0 ? busy : resting,
    ...countsOf(row),
    endpoint: row.endpoint,
    bucket: row.bucket,
    prefix: row.prefix,
    // If nothing of it has failed, nobody has to decide.
    offered: row.failed > 0 ? (offeredOf(row) ?? null) : null,
    compared_with: row.compared_with === null ? null : String(row.compared_with),
    vanished: row.vanished,
    error: errorOf(row),
  };
}
