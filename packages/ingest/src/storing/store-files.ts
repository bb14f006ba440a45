import { ExhibitError } from "@exhibit/contracts";
import {
  type FolderRow,
  isPlaceInUse,
  isPlanned,
  type NotStored,
  type ShardRow,
  type UnfinishedFile,
} from "@exhibit/ledger";
import { createHeadFirst } from "@exhibit/oss";
import type { Attempt } from "@exhibit/queue";
import type { Sources } from "@exhibit/sources";
import type { RunningSpan } from "@exhibit/telemetry";
import type { Sight } from "../fleet/sight.ts";
import type { RunWatch } from "../fleet/waits.ts";
import { handedBack, outages, postponed } from "../jobs/postpone.ts";
import { isUnreachable } from "../jobs/until-reachable.ts";
import type { DestinationDependencies } from "../leases/destination.ts";
import { type LeaseDependencies, type LeasesFor, openLeases } from "../leases/leases.ts";
import { noteRetention, type RetentionNote } from "./bucket-retention.ts";
import { asLastingRefusal, hasTaken, settleBlocked } from "./lasting-faults.ts";
import { linkSignals } from "./linked-signal.ts";
import { createSettlement, type Settlement } from "./settlement.ts";
import { crashed, lost, type Settled } from "./shard-result.ts";
import { type FileDependencies, storeFile } from "./store-file.ts";
import type { UploadProgress } from "./upload-progress.ts";
import type { ShardUploads } from "./upload-record.ts";

export interface FilesDependencies
  extends LeaseDependencies,
    DestinationDependencies,
    FileDependencies {
  sources: Pick<Sources, "open">;
  sight: Pick<Sight, "judge">;
}

/** One run of a shard. */
export interface ShardWork {
  folder: FolderRow;
  shard: ShardRow;
  uploads: ShardUploads;
  attempt: Attempt;
  span: RunningSpan<"exhibit.store">;
  progress: UploadProgress;
  watch: RunWatch;
}

/**
 * The most files of one shard that are under way or wait to be admitted. What is really sent at
 * once is bounded by the bucket's window and the worker's memory.
 */
export const FILES_AT_ONCE = 64;

/** After so many crashes in a row, with nothing recorded in between, a shard's files fail. */
const MAX_CRASHES = 3;

/**
 * Stores a shard's unfinished files and records what became of each. Throws what stops the whole
 * shard: the signal's reason, a fault of the ledger, or `Postponed`.
 */
export async function storeFiles(
  dependencies: FilesDependencies,
  work: ShardWork,
): Promise<Settled> {
  const { attempt, progress } = work;
  const settlement = createSettlement({ ...dependencies, ...work });
  const { settled, recorder } = settlement;
  // One outcome that can't be recorded stops the shard: no more may be sent than can be recorded.
  const stop = new AbortController();
  const linked = linkSignals(attempt.signal, stop.signal);
  progress.start();
  let blocked: NotStored[] = [];
  try {
    blocked = await sendFiles(dependencies, work, settlement, { signal: linked.signal, stop });
  } catch (thrown) {
    attempt.signal.throwIfAborted();
    const hasBegun = settled.stored + settled.notStored.length > 0;
    if (hasBegun || stop.signal.aborted) throw thrown;
    const fault = await faultOfAll(dependencies, work, thrown);
    for (const file of work.shard.files) await settlement.settle(file, fault);
  } finally {
    linked.unlink();
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

interface Stoppable {
  /** Aborts with the attempt, and with `stop`. */
  signal: AbortSignal;
  stop: AbortController;
}

/** Sends the files. Returns the new outcomes of those that turned out to be blocked. */
async function sendFiles(
  dependencies: FilesDependencies,
  { folder, shard, uploads, attempt, span, progress, watch }: ShardWork,
  { settled, recorder, settle }: Settlement,
  { signal, stop }: Stoppable,
): Promise<NotStored[]> {
  const { ledger, objectStore } = dependencies;
  if (shard.consecutiveCrashes >= MAX_CRASHES) throw crashed(shard);
  const check = () => {
    if (!attempt.isHeld()) stop.abort(lost());
    stop.signal.throwIfAborted();
  };
  const retention = noteRetention(dependencies, folder);
  const leasesFor = heardBy(
    retention,
    await openLeases(dependencies, folder, { ...shard, signal, check, watch }),
  );
  await using source = await dependencies.sources.open(
    folder.source,
    folder.source_limits ?? undefined,
  );
  const before = objectStore.windows();
  // The worker of an earlier run may not know yet that it lost the shard.
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
  await pullAll(shard.files, send, stop);
  await retention.recorded(signal);
  return await settleBlocked(settled.notStored, {
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
}

function heardBy(retention: RetentionNote, leasesFor: LeasesFor): LeasesFor {
  return (file) => {
    const leases = leasesFor(file);
    retention.hear(leases);
    return leases;
  };
}

/** Sends files, some at once, until one of them throws or `stop` aborts; then throws that. */
async function pullAll(
  all: readonly UnfinishedFile[],
  send: (file: UnfinishedFile) => Promise<void>,
  stop: AbortController,
): Promise<void> {
  const files = all.values();
  const pull = async () => {
    for (const file of files) await send(file).catch((thrown) => abortAndThrow(stop, thrown));
  };
  const ended = await Promise.allSettled(Array.from({ length: FILES_AT_ONCE }, pull));
  const failure = ended.find((result) => result.status === "rejected");
  if (failure) throw failure.reason;
  stop.signal.throwIfAborted();
}

function abortAndThrow(stop: AbortController, thrown: unknown): never {
  stop.abort(thrown);
  throw thrown;
}

/**
 * Returns the error that all files of a shard fail with when none could be begun: no lease, no
 * source, or too many crashes. Throws what isn't theirs: faults of the ledger, and `Postponed`.
 */
async function faultOfAll(
  { sight, broker }: FilesDependencies,
  { folder, attempt, watch }: ShardWork,
  thrown: unknown,
): Promise<ExhibitError> {
  // What has no code of ours is a fault of the ledger, not of the files.
  if (!(thrown instanceof ExhibitError) || isUnreachable(thrown)) throw thrown;
  const judged = await sight.judge(thrown, { source: folder.source }, "SOURCE_ABSENT");
  const { error, isLeftToOthers } = judged;
  watch.fault(error);
  if (isLeftToOthers) throw handedBack(error, attempt);
  const fault = await asLastingRefusal(error, broker, folder.vendor, attempt);
  // An outage is recorded once, not in the row of each file at every attempt.
  if (outages.has(fault.code) && attempt.postponed > 0) throw postponed(fault, attempt);
  return fault;
}
