import { ExhibitError, type TreePage } from "@exhibit/contracts";
import { type RawBuilder, sql } from "kysely";
import type { Ledger } from "../../ledger.ts";
import { shownPathIn } from "../../sql/text.ts";
import { fileHasFailed } from "../../states.ts";
import { checkImport } from "../../work/check-import.ts";
import { type PageQuery, pageOf } from "../paging.ts";
import { beginsWith } from "./file-filter.ts";

/** Which part of a folder's tree is shown. */
export interface TreeQuery extends PageQuery {
  /** The folder of the source whose folders are listed, with a slash at its end; "" for its top. */
  prefix?: string | undefined;
}

interface LevelRow {
  /** Null for what lies directly below the prefix. */
  name: string | null;
  entries: number;
  failed: number;
}

const WRITTEN_OUT = "./";
const shown = shownPathIn("files");

/**
 * Lists the folders directly below a prefix of a folder's source, by name, with how many entries lie
 * below each. It costs what lies below the prefix. Throws NOT_FOUND.
 */
export async function listTree(
  ledger: Ledger,
  importId: string,
  folderId: string,
  { prefix = "", limit, after }: TreeQuery,
): Promise<TreePage> {
  await checkImport(ledger, importId);
  const folder = await folderOf(ledger, importId, folderId);
  const { rows } = await sql<LevelRow>`
    with entry as (${level(folder, prefix, sql`true`)}),
      failure as (${level(folder, prefix, sql`files.error_code is not null and ${fileHasFailed}`)})
    select entry.name, entry.entries, coalesce(failure.entries, 0) as failed
    from entry left join failure on failure.name is not distinct from entry.name
    order by entry.name collate "C"`.execute(ledger.db);
  const folders = rows.filter(
    ({ name }) => name !== null && (after === undefined || isBehind(name, after)),
  );
  const { items, next } = pageOf(folders, limit, ({ name }) => name ?? "");
  const direct = rows.find(({ name }) => name === null);
  return {
    items: items.map(({ name, entries, failed }) => ({
      name: name ?? "",
      prefix: `${prefix}${name}/`,
      entries,
      failed,
    })),
    next,
    direct: { entries: direct?.entries ?? 0, failed: direct?.failed ?? 0 },
  };
}

/** Selects how many entries lie below each name that follows a prefix. */
function level(
  folder: number,
  prefix: string,
  condition: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const name = (path: RawBuilder<unknown>) => {
    const rest = sql`substr(${path}, ${prefix.length === 0 ? 1 : [...prefix].length + 1}::integer)`;
    return sql`case when strpos(${rest}, '/') > 0 then split_part(${rest}, '/', 1) end`;
  };
  const range = prefix === "" ? sql`true` : beginsWith(prefix);
  // Names that are UTF-8 are read from the index of paths alone.
  return sql`
    select name, sum(entries)::bigint as entries from (
      select ${name(sql`files.path`)} as name, count(*) as entries from files
      where files.folder_id = ${folder} and ${range} and not ${beginsWith(WRITTEN_OUT)} and ${condition}
      group by 1
      union all
      select ${name(shown)}, count(*) from files
      where files.folder_id = ${folder} and ${beginsWith(WRITTEN_OUT)} and starts_with(${shown}, ${prefix}) and ${condition}
      group by 1
    ) as half group by name`;
}

/** Compares names by their UTF-8 bytes, as the ledger does. */
function isBehind(name: string, after: string): boolean {
  return Buffer.compare(Buffer.from(name), Buffer.from(after)) > 0;
}

async function folderOf({ db }: Ledger, importId: string, folderId: string): Promise<number> {
  const number = /^\d{1,15}$/.test(folderId) ? Number(folderId) : 0;
  const row = await db
    .selectFrom("folders")
    .select("id")
    .where("id", "=", number)
    .where("import_id", "=", importId)
    .executeTakeFirst();
  if (row !== undefined) return row.id;
  throw new ExhibitError("NOT_FOUND", `There is no folder ${folderId} in import ${importId}.`);
}
