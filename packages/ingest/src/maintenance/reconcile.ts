import { findQuietImports, type Ledger, type OpenWork } from "@exhibit/ledger";
import type { Engine } from "@exhibit/queue";
import { withSpan } from "@exhibit/telemetry";
import { bellOf, bellOfShard } from "../jobs/enqueue.ts";

export interface ReconcileDependencies {
  ledger: Ledger;
  engine: Engine;
}

/**
 * Imports that haven't changed for so many milliseconds may have lost a bell. With everything in one process hardly
 * any is lost, and looking takes that process's own time.
 */
export const quietMsOf = { redis: 10_000, embedded: 30_000 };

/** Rings for whatever the ledger says is open in imports that have gone quiet; what has a job already keeps it. */
export async function reconcile(
  { ledger, engine }: ReconcileDependencies,
  quietForMs: number,
): Promise<void> {
  const quiet = await findQuietImports(ledger, { quietForMs });
  if (quiet.length === 0) return;
  const shards = quiet.reduce((sum, work) => sum + work.shards.length, 0);
  await withSpan(
    "exhibit.reconcile",
    { "exhibit.imports": quiet.length, "exhibit.shards": shards },
    async () => {
      for (const work of quiet) await ringAll(engine, work);
    },
  );
}

async function ringAll(
  engine: Engine,
  { importId, folderIds, shards, complete }: OpenWork,
): Promise<void> {
  await engine.enqueue("plan", folderIds.map(bellOf));
  await engine.enqueue("store", shards.map(bellOfShard));
  if (complete) await engine.enqueue("seal", [{ id: importId }]);
}
