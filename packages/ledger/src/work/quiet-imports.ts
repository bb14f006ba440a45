import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { OpenShard } from "../planning/planned-file.ts";
import { isComplete, isPaused, isRunning, shardIsOpen, vendorIsPaused } from "../states.ts";
import { openShards } from "./open-shards.ts";

export interface OpenWork {
  importId: string;
  /** Folders that aren't planned. */
  folderIds: number[];
  /** A thousand at most; the next look takes up the rest. */
  shards: OpenShard[];
  /** Nothing is open: it can be sealed. */
  complete: boolean;
}

/** What is open, and not paused, in imports that have not changed for a while: their bells may be lost. */
export async function findQuietImports(
  ledger: Ledger,
  options: { quietForMs: number },
): Promise<OpenWork[]> {
  const { db } = ledger;
  // Imports in which everything waits for a paused vendor don't take the places of others.
  const imports = await sql<{ id: string; complete: boolean }>`
    select id, ${isComplete} as complete from imports
    where ${isRunning} and not ${isPaused}
      and updated_at <= now() - ${options.quietForMs} * interval '1 millisecond'
      and (open_folders > 0 or open_shards = 0 or exists (
        select from shards join folders on folders.id = shards.folder_id
        where shards.import_id = imports.id and ${shardIsOpen}
          and not ${vendorIsPaused}
      ))
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
      const { value: shards = [] } = await openShards(ledger, { importId: id }).next();
      return { importId: id, complete, folderIds: folders.map((folder) => folder.id), shards };
    }),
  );
}
