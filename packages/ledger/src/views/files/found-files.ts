import {
  ExhibitError,
  type FolderSelector,
  type FoundFile,
  type ImportStatus,
} from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../../ledger.ts";
import { isWithin } from "../../scope.ts";
import { shardsWith } from "../../sql/digests.ts";
import { type Page, type PageQuery, pageOf } from "../paging.ts";
import { isTrial } from "../parts.ts";
import { type FileRow, fileView, receiptColumns, receiptJoins } from "./files.ts";

interface FoundRow extends FileRow {
  import_id: string;
  entrust_id: string | null;
  import_status: ImportStatus;
  vendor: string;
  selector: FolderSelector;
}

/**
 * Lists the files with a SHA-256 in all imports within the ledger's scope, in the order in which they
 * were planned.
 */
export async function findFiles(
  ledger: Ledger,
  { sha256, limit, after }: PageQuery & { sha256: string },
): Promise<Page<FoundFile>> {
  const digest = Buffer.from(sha256, "hex");
  const [fromShard, afterFile] = foundCursor(after);
  const { rows } = await sql<FoundRow>`
    select page.*, ${receiptColumns}, imports.id as import_id, imports.entrust_id, imports.status as import_status,
      folders.vendor, folders.selector
    from (${shardsWith(digest)}) as candidate (shard_id)
      join files as page on page.shard_id = candidate.shard_id
      join folders on folders.id = page.folder_id join imports on imports.id = folders.import_id ${receiptJoins}
    where page.sha256 = ${digest} and ${isWithin(ledger)}
      and candidate.shard_id >= ${fromShard} and (candidate.shard_id, page.id) > (${fromShard}, ${afterFile})
    order by candidate.shard_id, page.id
    limit ${limit + 1}`.execute(ledger.db);
  const { items, next } = pageOf(rows, limit, ({ shard_id, id }) => `${shard_id}-${id}`);
  return {
    items: items.map((row) => ({
      ...fileView(row, isTrial(ledger)),
      import_id: row.import_id,
      entrust_id: row.entrust_id,
      import_status: row.import_status,
      vendor: row.vendor,
      folder: row.selector,
    })),
    next,
  };
}

function foundCursor(after = "0-0"): [shard: number, file: number] {
  const [, shard, file] = /^(\d{1,15})-(\d{1,15})$/.exec(after) ?? [];
  if (shard !== undefined && file !== undefined) return [Number(shard), Number(file)];
  throw new ExhibitError("REQUEST_INVALID", `after: "${after}" isn't a value from this list.`);
}
