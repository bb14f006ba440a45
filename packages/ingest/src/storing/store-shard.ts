import type { ExhibitError } from "@exhibit/contracts";
import {
  closeShard,
  type FinishedShard,
  finishShard,
  isSuspect,
  type Ledger,
  openShard,
  readFinished,
  readFolder,
  reopenByJob,
  type ShardRow,
} from "@exhibit/ledger";
import type { Attempt, Engine } from "@exhibit/queue";
import { sourceName } from "@exhibit/sources";
import { activeTraceId, type Logger, withSpan } from "@exhibit/telemetry";
import pLimit, { type LimitFunction } from "p-limit";
import type { Meter } from "../fleet/meter.ts";
import { type Waits, whileWatched } from "../fleet/waits.ts";
import { enqueueSoon, jobsOfFolders } from "../jobs/enqueue.ts";
import { folderError } from "../jobs/folder-error.ts";
import { untilReachable } from "../jobs/until-reachable.ts";
import { runUntilStopped } from "../jobs/until-stopped.ts";
import { abortOrphanedUploads } from "./abort-orphaned-uploads.ts";
import { logFailures } from "./failure-log.ts";
import { filesFailed, type Settled, unfinished } from "./shard-result.ts";
import { type FilesDependencies, type ShardWork, storeFiles } from "./store-files.ts";
import { createUploadProgress } from "./upload-progress.ts";
import { openShardUploads } from "./upload-record.ts";

export interface StoreDependencies extends FilesDependencies {
  engine: Pick<Engine, "enqueue">;
  logger: Logger;
  /**
   * Lets through one shard at a time of those that may have killed their worker: otherwise one of
   * them would take the others down with it.
   */
  suspects: LimitFunction;
  waits: Pick<Waits, "begin">;
  meter: Pick<Meter, "count">;
}

/** Returns a limiter for `suspects`. */
export const oneAtATime = (): LimitFunction => pLimit(1);

/**
 * Stores a shard's unfinished files and records what became of each. A file that fails doesn't stop
 * the others. Throws FILES_FAILED, with a sentence a person can act on, if files failed for good.
 */
export async function storeShard(
  dependencies: StoreDependencies,
  shardId: number,
  attempt: Attempt,
): Promise<void> {
  const { ledger, suspects } = dependencies;
  const store = () => storeOnce(dependencies, shardId, attempt);
  await ((await isSuspect(ledger, shardId)) ? suspects(store) : store());
}

async function storeOnce(
  dependencies: StoreDependencies,
  shardId: number,
  attempt: Attempt,
): Promise<void> {
  const { ledger } = dependencies;
  const shard =
    (await openShard(ledger, shardId, activeTraceId())) ??
    (await openAgain(ledger, shardId, attempt));
  if (!shard) {
    const ended = await readFinished(ledger, shardId, attempt.starts);
    if (ended) throw filesFailed(ended);
    return;
  }
  let isFinished = false;
  try {
    await storeOpenShard(dependencies, shard, attempt, () => {
      isFinished = true;
    });
  } finally {
    // A run that can't be closed counts as a crash: one too many is better than a loop of crashes.
    if (!isFinished)
      await untilReachable(() => closeShard(ledger, shardId), attempt.signal).catch(() => {});
  }
}

/**
 * Opens a failed shard if its job was retried: that is a person's retry, from whatever UI. Returns
 * undefined if the job was only restarted because the queue lost its completion.
 */
async function openAgain(
  ledger: Ledger,
  shardId: number,
  { starts }: Attempt,
): Promise<ShardRow | undefined> {
  const { shards } = await reopenByJob(ledger, { shardId, jobStarts: starts });
  return shards.length > 0 ? await openShard(ledger, shardId, activeTraceId()) : undefined;
}

async function storeOpenShard(
  dependencies: StoreDependencies,
  shard: ShardRow,
  attempt: Attempt,
  onFinished: () => void,
): Promise<void> {
  const { ledger, waits, meter } = dependencies;
  const { id, importId, folderId, runNumber } = shard;
  const folder = await readFolder(ledger, folderId);
  const { vendor } = folder;
  const progress = createUploadProgress(ledger, id, (files, bytes) =>
    meter.count(importId, files, bytes),
  );
  const work = { importId, vendor, run: { shardId: id, runNumber } };
  const watched = {
    importId,
    folderId,
    vendor,
    source: sourceName(folder.source),
    moved: progress.moved,
  };
  const attributes = {
    "exhibit.import_id": importId,
    "exhibit.folder_id": folderId,
    "exhibit.shard_id": id,
    "exhibit.vendor": vendor,
    "exhibit.files": shard.files.length,
    "exhibit.bytes": shard.files.reduce((sum, { size }) => sum + size, 0),
  };
  await withSpan("exhibit.store", attributes, (span) =>
    runUntilStopped(ledger, work, attempt, (stoppable) =>
      whileWatched(waits, watched, async (watch) => {
        const uploads = await openShardUploads(ledger, shard);
        const run = { folder, shard, uploads, attempt: stoppable, span, progress, watch };
        return await storeRun(dependencies, run, attempt.signal, onFinished);
      }),
    ),
  );
}

/**
 * Stores the files of one run, and finishes the shard if none is left. Returns the error that the
 * job fails with, which the ledger has by then; throws if files are left.
 *
 * @param workerStops aborts when the worker stops
 */
async function storeRun(
  dependencies: StoreDependencies,
  run: ShardWork,
  workerStops: AbortSignal,
  onFinished: () => void,
): Promise<ExhibitError | undefined> {
  const { ledger } = dependencies;
  const { shard, folder, uploads, attempt, span } = run;
  let settled: Settled;
  try {
    settled = await storeFiles(dependencies, run);
    const failed = settled.notStored.filter(({ outcome }) => outcome.state === "failed");
    span.set({ "exhibit.failed": failed.length });
  } finally {
    // The reconciler aborts what can't be aborted now; a worker that stops has no time for it.
    if (uploads.any && !workerStops.aborted)
      await abortOrphanedUploads(dependencies, { shardId: shard.id }).catch(() => {});
  }
  const finished = await finishShard(ledger, shard.id, attempt.starts);
  if (finished) {
    onFinished();
    return await conclude(dependencies, run, finished, settled);
  }
  if (settled.notStored.some(({ outcome }) => outcome.state === "planned")) {
    throw unfinished(settled, attempt);
  }
  // Another worker has finished it. The queue knows only this job, so this one tells what failed.
  const ended = await readFinished(ledger, shard.id, attempt.starts);
  return ended && folderError(filesFailed(ended), folder);
}

/** Enqueues what follows a finished shard. Returns what the job fails with, if files failed. */
async function conclude(
  dependencies: StoreDependencies,
  { folder, shard, attempt }: ShardWork,
  finished: FinishedShard,
  { notStored }: Settled,
): Promise<ExhibitError | undefined> {
  if (finished.walkAgain) {
    await enqueueSoon(dependencies, "plan", jobsOfFolders([shard.folderId], folder.priority));
  }
  if (finished.complete) await enqueueSoon(dependencies, "seal", [{ id: shard.importId }]);
  if (finished.state === "stored") return undefined;
  await logFailures(folder, notStored, attempt);
  return folderError(filesFailed(finished), folder);
}
