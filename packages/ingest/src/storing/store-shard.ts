import { type ErrorCode, ExhibitError } from "@exhibit/contracts";
import {
  closeShard,
  type FinishedShard,
  type FolderRow,
  finishShard,
  isPlaceInUse,
  isPlanned,
  isSuspect,
  type Ledger,
  type NotStored,
  openShard,
  readFinished,
  readFolder,
  reopenByJob,
  type ShardRow,
  type StoredFile,
  type UnfinishedFile,
} from "@exhibit/ledger";
import { createHeadFirst } from "@exhibit/oss";
import type { Attempt, Engine } from "@exhibit/queue";
import { type Sources, sourceName } from "@exhibit/sources";
import { type Logger, type RunningSpan, withSpan } from "@exhibit/telemetry";
import pLimit, { type LimitFunction } from "p-limit";
import type { Sight } from "../fleet/sight.ts";
import { type RunWatch, type Waits, whileWatched } from "../fleet/waits.ts";
import { enqueueSoon, jobOf } from "../jobs/enqueue.ts";
import { folderError } from "../jobs/folder-error.ts";
import { handedBack, outages, postponed } from "../jobs/postpone.ts";
import { isUnreachable, untilReachable } from "../jobs/until-reachable.ts";
import { runUntilStopped } from "../jobs/until-stopped.ts";
import type { DestinationDependencies } from "../leases/destination.ts";
import { type LeaseDependencies, openLeases } from "../leases/leases.ts";
import { abortOrphanedUploads } from "./abort-orphaned-uploads.ts";
import { logFailures } from "./failure-log.ts";
import { asLastingRefusal, hasTaken, settleBlocked } from "./lasting-faults.ts";
import { linkSignals } from "./linked-signal.ts";
import { createOutcomeRecorder } from "./outcome-recorder.ts";
import { outcomeOf, type Settled, unfinished } from "./shard-result.ts";
import { type FileDependencies, storeFile } from "./store-file.ts";
import { createUploadProgress, type UploadProgress } from "./upload-progress.ts";
import { openShardUploads, type ShardUploads } from "./upload-record.ts";

export interface StoreDependencies
  extends LeaseDependencies,
    DestinationDependencies,
    FileDependencies {
  engine: Engine;
  sources: Pick<Sources, "open">;
  logger: Logger;
  /**
   * Lets one shard at a time through of those that may have killed their worker: else all would die
   * of one of them.
   */
  suspects: LimitFunction;
  sight: Pick<Sight, "judge">;
  waits: Pick<Waits, "begin">;
}

/** For `suspects`. */
export const oneAtATime = (): LimitFunction => pLimit(1);

/**
 * Files of one shard that are under way or wait to be admitted. What bounds the progress is the
 * bucket's window and the worker's memory.
 */
export const FILES_AT_ONCE = 64;

/** A shard whose worker died so often in a row, with nothing recorded in between, is set aside. */
const MOST_CRASHES = 3;

/**
 * What touches a file's integrity when it fails with it; damage on the way is told while it is
 * being mended.
 */
const incidents: ReadonlySet<ErrorCode> = new Set(["SOURCE_CHANGED", "EVIDENCE_CONFLICT"]);

/**
 * Stores what is unfinished of a shard and records each file's outcome. A file that fails doesn't
 * stop the others. Throws FILES_FAILED, with a sentence a person can act on, when files of it
 * failed for good.
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
  const shard = (await openShard(ledger, shardId)) ?? (await openAgain(ledger, shardId, attempt));
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
    // What can't be told any more counts as a crash: better one too many than a loop of crashes.
    if (!isFinished)
      await untilReachable(() => closeShard(ledger, shardId), attempt.signal).catch(() => {});
  }
}

/**
 * Opens a shard that has failed, when its job was retried: that is a person's retry, wherever it
 * was pressed. Returns undefined when the job was only started once more because the queue hasn't
 * heard of its end.
 */
async function openAgain(
  ledger: Ledger,
  shardId: number,
  { starts }: Attempt,
): Promise<ShardRow | undefined> {
  const { shards } = await reopenByJob(ledger, { shardId, jobStarts: starts });
  return shards.length > 0 ? await openShard(ledger, shardId) : undefined;
}

type ShardSpan = RunningSpan<"exhibit.store">;

async function storeOpenShard(
  dependencies: StoreDependencies,
  shard: ShardRow,
  attempt: Attempt,
  onFinished: () => void,
): Promise<void> {
  const { ledger } = dependencies;
  const folder = await readFolder(ledger, shard.folderId);
  const attributes = {
    "exhibit.import_id": shard.importId,
    "exhibit.folder_id": shard.folderId,
    "exhibit.shard_id": shard.id,
    "exhibit.vendor": folder.vendor,
    "exhibit.files": shard.files.length,
    "exhibit.bytes": shard.files.reduce((sum, { size }) => sum + size, 0),
  };
  const run = { shardId: shard.id, runNumber: shard.runNumber };
  const progress = createUploadProgress(ledger, shard.id);
  const store = async (watched: Attempt, span: ShardSpan, watch: RunWatch) => {
    const uploads = await openShardUploads(ledger, shard);
    const work = { folder, shard, uploads, attempt: watched, span, progress, watch };
    let settled: Settled;
    try {
      settled = await storeFiles(dependencies, work);
      span.set({ "exhibit.failed": settled.notStored.length });
    } finally {
      // What can't be aborted now is the reconciler's; a worker that stops has no time for it.
      if (uploads.any && !attempt.signal.aborted)
        await abortOrphanedUploads(dependencies, { shardId: shard.id }).catch(() => {});
    }
    const finished = await finishShard(ledger, shard.id, watched.starts);
    if (finished) {
      onFinished();
      return await conclude(dependencies, { folder, shard }, finished, settled, watched);
    }
    if (settled.notStored.some(({ outcome }) => outcome.state === "planned")) {
      throw unfinished(settled, watched);
    }
    // Another worker has finished it: this job, the one that the queue knows of, says what came of
    // it.
    const ended = await readFinished(ledger, shard.id, watched.starts);
    return ended && folderError(filesFailed(ended), folder);
  };
  await withSpan("exhibit.store", attributes, (span) =>
    runUntilStopped(
      ledger,
      { importId: shard.importId, vendor: folder.vendor, run },
      attempt,
      (watched) =>
        whileWatched(
          dependencies.waits,
          {
            importId: shard.importId,
            folderId: shard.folderId,
            vendor: folder.vendor,
            source: sourceName(folder.source),
            moved: progress.moved,
          },
          (watch) => store(watched, span, watch),
        ),
    ),
  );
}

interface ToStore {
  folder: FolderRow;
  shard: ShardRow;
  uploads: ShardUploads;
  attempt: Attempt;
  span: ShardSpan;
  progress: UploadProgress;
  watch: RunWatch;
}

async function storeFiles(
  dependencies: StoreDependencies,
  { folder, shard, uploads, attempt, span, progress, watch }: ToStore,
): Promise<Settled> {
  const { ledger, objectStore, worker, sight } = dependencies;
  const recorder = createOutcomeRecorder({
    ledger,
    worker,
    folderId: folder.id,
    signal: attempt.signal,
  });
  const settled: Settled = { stored: 0, notStored: [], isLeftToOthers: false };
  const settle = async (file: UnfinishedFile, result: StoredFile | ExhibitError) => {
    if (!(result instanceof ExhibitError)) {
      settled.stored += 1;
      progress.done();
      return recorder.add(result);
    }
    const judged = await sight.judge(
      result,
      { source: folder.source, path: file.path },
      "SOURCE_ABSENT",
    );
    const { error, isLeftToOthers } = judged;
    settled.isLeftToOthers ||= isLeftToOthers;
    const outcome = outcomeOf(file, judged, attempt);
    settled.notStored.push({ file, outcome, error });
    if (outcome.state === "planned") watch.fault(error);
    if (incidents.has(error.code)) recorder.note(file, error);
    return recorder.add(outcome);
  };
  // One failure to record stops the shard: what can't be put on the record must not go on being
  // sent.
  const stop = new AbortController();
  const either = linkSignals(attempt.signal, stop.signal);
  const { signal } = either;
  progress.start();
  let blocked: NotStored[] = [];
  try {
    if (shard.consecutiveCrashes >= MOST_CRASHES) throw crashed(shard);
    const check = () => {
      if (!attempt.isHeld()) stop.abort(lost());
      stop.signal.throwIfAborted();
    };
    const leasesFor = await openLeases(dependencies, folder, { ...shard, signal, check, watch });
    await using source = await dependencies.sources.open(folder.source);
    const before = objectStore.windows();
    // Whoever had it before may not know yet that it was taken from them.
    const isAgain = shard.runNumber > 1;
    const headFirst = createHeadFirst(isAgain || (await isPlaceInUse(ledger, folder.id)));
    const send = async (file: UnfinishedFile) => {
      await recorder.ready();
      if (signal.aborted || (isAgain && !(await isPlanned(ledger, file.id)))) return;
      const work = {
        file,
        uploads,
        source,
        leasesFor,
        signal,
        progress,
        headFirst,
        span,
        onFault: watch.fault,
        onIncident: recorder.note,
      };
      const result = await storeFile(dependencies, work);
      if (result) await settle(file, result);
    };
    const files = shard.files.values();
    const pull = async () => {
      for (const file of files) await send(file).catch((thrown) => giveUp(stop, thrown));
    };
    const ended = await Promise.allSettled(Array.from({ length: FILES_AT_ONCE }, pull));
    const failure = ended.find((result) => result.status === "rejected");
    if (failure) throw failure.reason;
    stop.signal.throwIfAborted();
    blocked = await settleBlocked(settled.notStored, {
      attempt,
      hasMoved: ({ id }) => uploads.hasMoved(id),
      async takesOthers(file) {
        const { place } = await leasesFor(file);
        return hasTaken(place.bucket, before, objectStore.windows());
      },
      async answers(file) {
        const name = source.nameOf(file.path);
        return objectStore.isReachable({ leases: await leasesFor(file), name, signal });
      },
    });
  } catch (thrown) {
    attempt.signal.throwIfAborted();
    if (settled.stored + settled.notStored.length > 0 || stop.signal.aborted) throw thrown;
    // What isn't ours to name is a fault of the ledger, not of the files.
    if (!(thrown instanceof ExhibitError) || isUnreachable(thrown)) throw thrown;
    const { error, isLeftToOthers } = await sight.judge(
      thrown,
      { source: folder.source },
      "SOURCE_ABSENT",
    );
    watch.fault(error);
    if (isLeftToOthers) throw handedBack(error, attempt);
    // Without a lease because of an outage: it's said once, not in each of its files' rows every
    // time.
    const fault = await asLastingRefusal(error, dependencies.broker, folder.vendor, attempt);
    if (outages.has(fault.code) && attempt.postponed > 0) throw postponed(fault, attempt);
    // No lease, no source, or poison: that is every file's fault.
    for (const file of shard.files) await settle(file, fault);
  } finally {
    either.unlink();
    await progress.stop();
  }
  await recorder.flush();
  if (blocked.length > 0) {
    for (const outcome of blocked) await recorder.add(outcome);
    await recorder.flush();
  }
  attempt.signal.throwIfAborted();
  return settled;
}

function crashed({ consecutiveCrashes }: ShardRow): ExhibitError {
  return new ExhibitError(
    "WORKER_CRASHED",
    `The worker process died ${consecutiveCrashes} times in a row while it stored the shard of this file.`,
  );
}

/** What others may have taken up meanwhile must not be sent by two. */
function lost(): ExhibitError {
  return new ExhibitError(
    "INTERRUPTED",
    "This worker stood still for so long that another may have the shard now.",
  );
}

function giveUp(stop: AbortController, thrown: unknown): never {
  stop.abort(thrown);
  throw thrown;
}

/** Gives what the job fails with, if files of the shard failed. */
async function conclude(
  dependencies: StoreDependencies,
  { folder, shard }: Pick<ToStore, "folder" | "shard">,
  finished: FinishedShard,
  { notStored }: Settled,
  attempt: Attempt,
): Promise<ExhibitError | undefined> {
  if (finished.walkAgain) await enqueueSoon(dependencies, "plan", [jobOf(shard.folderId)]);
  if (finished.complete) await enqueueSoon(dependencies, "seal", [{ id: shard.importId }]);
  if (finished.state === "stored") return undefined;
  await logFailures(folder, notStored, attempt);
  return folderError(filesFailed(finished), folder);
}

function filesFailed({ failures, files }: Pick<FinishedShard, "failures" | "files">): ExhibitError {
  const failed = failures.reduce((sum, failure) => sum + failure.files, 0);
  const codes = failures.map((failure) => `${failure.files} ${failure.code}`).join(", ");
  return new ExhibitError("FILES_FAILED", `${failed} of ${files} files failed: ${codes}`);
}
