import type { Priority } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { OpenShard } from "../planning/planned-file.ts";
import {
  isComplete,
  isPaused,
  isRunning,
  isScheduled,
  shardIsOpen,
  vendorIsPaused,
} from "../states.ts";
import { unplannedFolders } from "./folders.ts";
import { openShards } from "./open-shards.ts";

/** What is open in an import. */
export interface OpenWork {
  importId: string;
  priority: Priority;
  /** Folders that aren't planned. */
  folderIds: number[];
  /** At most a thousand; the next call returns the rest. */
  shards: OpenShard[];
  /** Whether nothing is open, so that it can be sealed. */
  complete: boolean;
}

/**
 * Returns what is open, and not paused, in imports that haven't changed for a while: their jobs may
 * be lost.
 */
export async function findQuietImports(
  ledger: Ledger,
  options: { quietForMs: number },
): Promise<OpenWork[]> {
  const { db } = ledger;
  // An import in which everything waits for a paused vendor takes no place in the list.
  const imports = await sql<{ id: string; complete: boolean; priority: Priority }>`
    select id, ${isComplete} as complete, priority from imports
    where ${isRunning} and not ${isPaused} and not ${isScheduled}
      and updated_at <= now() - ${options.quietForMs} * interval '1 millisecond'
      and (open_folders > 0 or open_shards = 0 or exists (
        select from shards join folders on folders.id = shards.folder_id
        where shards.import_id = imports.id and ${shardIsOpen}
          and not ${vendorIsPaused}
      ))
    order by updated_at
    limit 100`.execute(db);
  return await Promise.all(
    imports.rows.map(async ({ id, complete, priority }) => {
      const folderIds = await unplannedFolders(ledger, id);
      const { value: shards = [] } = await openShards(ledger, { importId: id }).next();
      return { importId: id, priority, complete, folderIds, shards };
    }),
  );
}
