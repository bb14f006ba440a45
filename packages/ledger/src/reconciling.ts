import { sql } from "kysely";
import type { Ledger } from "./ledger.ts";

export interface OpenWork {
  importId: string;
  /** Folders that aren't planned. */
  folderIds: number[];
  shards: { shardId: number; number: number }[];
  /** Nothing is open: it can be sealed. */
  complete: boolean;
}

/** How many shards of one import are rung for at once; the next look takes up the rest. */
const SHARDS_AT_ONCE = 1000;

/** What is open in imports that have not changed for a while: their bells may be lost. */
export async function findQuietImports(
  { db }: Ledger,
  options: { quietForMs: number },
): Promise<OpenWork[]> {
  const imports = await sql<{ id: string; complete: boolean }>`
    select id, open_folders = 0 and open_shards = 0 as complete from imports
    where status in ('planning', 'storing', 'sealing')
      and updated_at <= now() - ${options.quietForMs} * interval '1 millisecond'
    order by updated_at
    limit 100`.execute(db);
  return await Promise.all(
    imports.rows.map(async ({ id, complete }) => {
      const folders = await db
        .selectFrom("folders")
        .select("id")
        .where("import_id", "=", id)
        .where("planned", "=", false)
        .execute();
      const shards = await db
        .selectFrom("shards")
        .select(["id as shardId", "number"])
        .where("import_id", "=", id)
        .where("state", "=", "open")
        .orderBy("number")
        .limit(SHARDS_AT_ONCE)
        .execute();
      return { importId: id, complete, folderIds: folders.map((folder) => folder.id), shards };
    }),
  );
}
