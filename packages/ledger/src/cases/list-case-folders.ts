import type { CaseFolderView, ImportStatus } from "@exhibit/contracts";
import { type Selectable, sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { FolderTable } from "../schema.ts";
import { folderView } from "../views/folders.ts";
import { cursor, type Page, type PageQuery, pageOf } from "../views/paging.ts";
import { isTrial } from "../views/parts.ts";
import { type CaseName, casesOf } from "./case-name.ts";
import { countedFolders, suitOfFolder } from "./counted-folders.ts";
import { readCase } from "./read-case.ts";
import { runUncompiled } from "./uncompiled.ts";

/** Lists the folders that are counted of a case or a suit. Throws NOT_FOUND. */
export async function listCaseFolders(
  ledger: Ledger,
  name: CaseName,
  query: PageQuery,
): Promise<Page<CaseFolderView>> {
  const after = query.after === undefined ? 0 : Number(cursor(query.after, /^\d{1,15}$/));
  const rows = await runUncompiled(
    ledger,
    sql<CaseFolderRow>`
    with ${countedFolders(casesOf(ledger, name))}
    select folders.*, ${suitOfFolder} as suit_id, imports.entrust_id, imports.status as import_status,
      case when imports.status = 'sealed' then imports.finished_at end as sealed_at
    from counted join folders on folders.id = counted.id join imports on imports.id = folders.import_id
    where folders.id > ${after}
    order by folders.id
    limit ${query.limit + 1}`,
  );
  if (rows.length === 0) await readCase(ledger, name);
  const { items, next } = pageOf(rows, query.limit, ({ id }) => String(id));
  return {
    items: items.map((row) => ({
      ...folderView(row, row.import_status, isTrial(ledger)),
      import_id: row.import_id,
      import_status: row.import_status,
      entrust_id: row.entrust_id,
      suit_id: row.suit_id,
      sealed_at: row.sealed_at?.toISOString() ?? null,
    })),
    next,
  };
}

interface CaseFolderRow extends Selectable<FolderTable> {
  suit_id: string | null;
  entrust_id: string | null;
  import_status: ImportStatus;
  sealed_at: Date | null;
}
