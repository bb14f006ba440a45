import { findQuietImports, type Ledger } from "@exhibit/ledger";
import type { Engine } from "@exhibit/queue";

export interface ReconcileDependencies {
  ledger: Ledger;
  engine: Engine;
}

/** Imports that haven't changed for this long may have lost a bell. */
export const QUIET_MS = 30_000;

/** Rings for whatever the ledger says is open in imports that have gone quiet; what has a job already keeps it. */
export async function reconcile({ ledger, engine }: ReconcileDependencies, quietForMs = QUIET_MS): Promise<void> {
  for (const { importId, folderIds, shards, complete } of await findQuietImports(ledger, { quietForMs })) {
    await engine.ring(
      "plan",
      folderIds.map((id) => ({ id: String(id) })),
    );
    await engine.ring(
      "store",
      shards.map(({ shardId, number }) => ({ id: String(shardId), number })),
    );
    if (complete) await engine.ring("seal", [{ id: importId }]);
  }
}
