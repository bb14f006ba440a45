import type { Priority } from "@exhibit/contracts";
import { sql } from "kysely";
import type { Ledger } from "../ledger.ts";
import type { OpenShard } from "../planning/planned-file.ts";
import { isPaused, isRunning, shardIsOpen, vendorIsPaused } from "../states.ts";

/** How many shards are enqueued at once. */
const SHARDS_AT_ONCE = 1000;

/**
 * Yields the shards that may be stored now (or, with `evenPaused`, once they may be), of one import or of a vendor's folders in all imports,
 * a thousand at a time.
 */
export async function* openShards(
  { db }: Ledger,
  of: { importId: string; evenPaused?: true } | { vendor: string },
): AsyncGenerator<OpenShard[]> {
  const mayBeTakenUp =
    "evenPaused" in of && of.evenPaused
      ? sql`true`
      : sql`not ${isPaused} and not ${vendorIsPaused}`;
  let after = 0;
  const positions = new Map<string, number>();
  for (;;) {
    const { rows } = await sql<{
      id: number;
      import_id: string;
      begun: boolean;
      priority: Priority;
    }>`
      select shards.id, shards.import_id, shards.openings > 0 as begun, imports.priority
      from shards join folders on folders.id = shards.folder_id join imports on imports.id = shards.import_id
      where ${"importId" in of ? sql`shards.import_id = ${of.importId}` : sql`folders.vendor = ${of.vendor}`}
        and ${shardIsOpen} and shards.id > ${after}
        and ${isRunning} and ${mayBeTakenUp}
      order by shards.id
      limit ${SHARDS_AT_ONCE}`.execute(db);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map(({ id, import_id, begun, priority }) => {
      const before = positions.get(import_id) ?? 0;
      if (!begun) positions.set(import_id, before + 1);
      return { shardId: id, position: before + 1, priority };
    });
    if (rows.length < SHARDS_AT_ONCE) return;
    after = last.id;
  }
}
