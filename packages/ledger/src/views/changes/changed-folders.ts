import type { FolderOfImport } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../../ledger.ts";
import { isWithin } from "../../scope.ts";
import { plainArray } from "../../sql/arrays.ts";
import { folderView } from "../folders.ts";
import { isTrial } from "../parts.ts";

/** How many folders are read at once. */
const MAX_FOLDERS = 1_000;

/**
 * Returns those folders of some imports about which there is something to say: that aren't done, of
 * which a file failed or was waived, or that are named in `besides`. They are in the order of their ids;
 * `next` is the id after which to go on, null if there are no more.
 */
export async function readChangedFolders(
  ledger: Ledger,
  importIds: string[],
  { besides, after }: { besides: readonly number[]; after: number },
): Promise<{ items: FolderOfImport[]; next: number | null }> {
  if (importIds.length === 0) return { items: [], next: null };
  const rows = await ledger.db
    .selectFrom("folders")
    .innerJoin("imports", "imports.id", "folders.import_id")
    .selectAll("folders")
    .select("imports.status")
    .where("folders.import_id", "in", importIds)
    .where("folders.id", ">", after)
    .where(isWithin(ledger))
    .where(
      sql<boolean>`(not folders.planned or folders.open_shards > 0 or folders.failed > 0 or folders.waived > 0
        or folders.error_code is not null or folders.id = any(${plainArray(besides)}::bigint[]))`,
    )
    .orderBy("folders.id")
    .limit(MAX_FOLDERS)
    .execute();
  const items = rows.map(({ status, ...row }) => {
    return { import_id: row.import_id, ...folderView(row, status, isTrial(ledger)) };
  });
  return { items, next: rows.length < MAX_FOLDERS ? null : (rows.at(-1)?.id ?? null) };
}
