import { type ExhibitError, toExhibitError } from "@exhibit/contracts";
import {
  type AsideEntry,
  addAside,
  addShard,
  type FolderRow,
  finishPlanning,
  type Ledger,
  type PlannedFile,
  readFolder,
} from "@exhibit/ledger";
import type { Attempt, Engine } from "@exhibit/queue";
import { openSource, type SourceEntry } from "@exhibit/sources";
import { type Logger, withSpan } from "@exhibit/telemetry";
import { createSharder } from "./sharding.ts";

export interface PlanDependencies {
  ledger: Ledger;
  engine: Engine;
  roots: readonly string[];
  logger: Logger;
}

/** Skipped and faulty entries are put on the record this many at a time. */
const ASIDE_BATCH = 256;

/**
 * Walks a folder's source and puts its files on the record, shard by shard; each shard is announced at once, so that
 * uploads begin while a large source is still being walked. A walk that was broken off is simply walked again.
 */
export async function planFolder(
  dependencies: PlanDependencies,
  folderId: number,
  attempt: Attempt,
): Promise<void> {
  const { ledger, engine } = dependencies;
  const folder = await readFolder(ledger, folderId);
  if (folder.planned || folder.status === "cancelled") return;
  const attributes = { "exhibit.import_id": folder.import_id, "exhibit.folder_id": folderId };
  const fault = await withSpan("exhibit.plan", attributes, () =>
    walk(dependencies, folder, attempt),
  );
  const finished = await finishPlanning(ledger, folderId, fault);
  if (finished?.complete) await engine.ring("seal", [{ id: finished.importId }]);
  if (fault) throw fault;
}

/** Gives the fault for which the source can't be walked, once trying again doesn't help. */
async function walk(
  { ledger, engine, roots, logger }: PlanDependencies,
  folder: FolderRow,
  attempt: Attempt,
): Promise<ExhibitError | undefined> {
  const sharder = createSharder();
  let aside: AsideEntry[] = [];

  async function addShards(shards: PlannedFile[][]): Promise<void> {
    for (const files of shards) {
      const shard = await addShard(ledger, folder, files);
      if (!shard) continue;
      await engine
        .announce("store", [{ id: String(shard.shardId), number: shard.number }])
        .catch((err) => {
          // The shard is on the record: the reconciler rings for it.
          logger.warn(
            { err, shard_id: shard.shardId },
            "the queue can't be reached; the reconciler will ring",
          );
        });
    }
  }

  async function addAsides(): Promise<void> {
    if (aside.length > 0) await addAside(ledger, folder, aside);
    aside = [];
  }

  try {
    const reader = await openSource(folder.source, roots);
    for await (const entry of reader.walk({ signal: attempt.signal })) {
      if (entry.kind === "file") await addShards(sharder.add(entry));
      else aside.push(asideOf(entry));
      if (aside.length === ASIDE_BATCH) await addAsides();
    }
  } catch (thrown) {
    const error = toExhibitError(thrown);
    if (error.action !== "never" && !(attempt.last && error.code === "SOURCE_IO")) throw error;
    await addAsides();
    await addShards(sharder.rest());
    return error;
  }
  await addAsides();
  await addShards(sharder.rest());
  return undefined;
}

function asideOf(entry: Exclude<SourceEntry, { kind: "file" }>): AsideEntry {
  return entry.kind === "skipped"
    ? { state: "skipped", path: entry.path, as: entry.reason }
    : { state: "failed", path: entry.path, code: entry.error.code, message: entry.error.message };
}
