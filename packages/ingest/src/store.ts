import { ExhibitError, errorTable } from "@exhibit/contracts";
import {
  type FinishedShard,
  type FolderRow,
  finishShard,
  openShard,
  readFolder,
  type ShardRow,
  type UnfinishedFile,
} from "@exhibit/ledger";
import type { Attempt, Engine } from "@exhibit/queue";
import { openSource } from "@exhibit/sources";
import { withSpan } from "@exhibit/telemetry";
import pLimit from "p-limit";
import { createRecorder, type Outcome } from "./recorder.ts";
import { createSending } from "./sending.ts";
import { type LeaseDependencies, leasesOf } from "./shard-leases.ts";
import { type FileDependencies, storeFile } from "./store-file.ts";
import {
  beyondHope,
  notStored,
  outages,
  postponed,
  type Settled,
  unfinished,
} from "./unfinished.ts";
import { whileWanted } from "./wanted.ts";

export interface StoreDependencies extends LeaseDependencies, FileDependencies {
  engine: Engine;
  roots: readonly string[];
}

/** Files of one shard that are sent at once. */
const FILES_AT_ONCE = 16;

/** Lines about failed files that a job's log gets; the API lists them all. */
const LOGGED_FILES = 50;

/**
 * Stores what is unfinished of a shard and records each file's outcome. A file that fails doesn't stop the others.
 * Throws FILES_FAILED, with a sentence a person can act on, when files of it failed for good.
 */
export async function storeShard(
  dependencies: StoreDependencies,
  shardId: number,
  attempt: Attempt,
): Promise<void> {
  const { ledger } = dependencies;
  const shard = await openShard(ledger, shardId);
  if (!shard) return;
  const folder = await readFolder(ledger, shard.folderId);
  const attributes = {
    "exhibit.import_id": shard.importId,
    "exhibit.folder_id": shard.folderId,
    "exhibit.shard_id": shardId,
    "exhibit.vendor": folder.vendor,
    "exhibit.files": shard.files.length,
  };
  const store = async (watched: Attempt) => {
    const settled = await storeFiles(dependencies, folder, shard, watched);
    const finished = await finishShard(ledger, shardId);
    if (finished) await conclude(dependencies, shard, finished, settled, watched);
    else if (settled.some(({ outcome }) => outcome.state === "planned")) {
      throw unfinished(settled, watched);
    }
    // Else another worker has finished it.
  };
  await withSpan("exhibit.store", attributes, () =>
    whileWanted(ledger, { importId: shard.importId, vendor: folder.vendor }, attempt, store),
  );
}

async function storeFiles(
  dependencies: StoreDependencies,
  folder: FolderRow,
  shard: ShardRow,
  attempt: Attempt,
): Promise<Settled[]> {
  const recorder = createRecorder(dependencies.ledger, folder.id);
  const settled: Settled[] = [];
  const settle = async (file: UnfinishedFile, result: Outcome | ExhibitError) => {
    const outcome = result instanceof ExhibitError ? notStored(file, result, attempt) : result;
    settled.push({ file, outcome, ...(result instanceof ExhibitError ? { error: result } : {}) });
    await recorder.add(outcome);
  };
  // One failure to record stops the shard: what can't be put on the record must not go on being sent.
  const stop = new AbortController();
  const signal = AbortSignal.any([attempt.signal, stop.signal]);
  const limit = pLimit(FILES_AT_ONCE);
  const sending = createSending(dependencies.ledger, shard.id);
  try {
    const leasesFor = await leasesOf(dependencies, folder, shard.openedAt, signal);
    const reader = await openSource(folder.source, dependencies.roots);
    const send = async (file: UnfinishedFile) => {
      if (signal.aborted) return;
      const result = await storeFile(dependencies, { file, reader, leasesFor, signal, sending });
      if (result) await settle(file, result);
    };
    const sent = await Promise.allSettled(
      shard.files.map((file) => limit(() => send(file).catch((thrown) => giveUp(stop, thrown)))),
    );
    const failure = sent.find((result) => result.status === "rejected");
    if (failure) throw failure.reason;
  } catch (thrown) {
    attempt.signal.throwIfAborted();
    if (settled.length > 0 || stop.signal.aborted) throw thrown;
    // What isn't ours to name is a fault of the ledger, not of the files.
    if (!(thrown instanceof ExhibitError)) throw thrown;
    // Without a lease because of an outage: it's said once, not in each of its files' rows every time.
    if (outages.has(thrown.code) && attempt.postponed > 0) throw postponed(thrown, attempt);
    // No lease, or no source: that is every file's fault.
    for (const file of shard.files) await settle(file, thrown);
  } finally {
    sending.stop();
  }
  await recorder.flush();
  if (attempt.last) {
    for (const hopeless of beyondHope(settled)) await recorder.add(hopeless);
    await recorder.flush();
  }
  attempt.signal.throwIfAborted();
  return settled;
}

function giveUp(stop: AbortController, thrown: unknown): never {
  stop.abort(thrown);
  throw thrown;
}

async function conclude(
  { engine }: StoreDependencies,
  shard: ShardRow,
  finished: FinishedShard,
  settled: readonly Settled[],
  attempt: Attempt,
): Promise<void> {
  if (finished.complete) await engine.ring("seal", [{ id: shard.importId }]);
  if (finished.state === "stored") return;
  await logFailures(settled, attempt);
  const failed = finished.failures.reduce((sum, { files }) => sum + files, 0);
  const codes = finished.failures.map(({ code, files }) => `${files} ${code}`).join(", ");
  throw new ExhibitError("FILES_FAILED", `${failed} of ${finished.files} files failed: ${codes}`);
}

async function logFailures(settled: readonly Settled[], attempt: Attempt): Promise<void> {
  const failed = settled.filter(({ outcome }) => outcome.state === "failed");
  for (const { file, outcome } of failed.slice(0, LOGGED_FILES)) {
    if ("code" in outcome) await attempt.log(`${outcome.code} ${file.path}: ${outcome.message}`);
  }
  if (failed.length > LOGGED_FILES) await attempt.log(`… and ${failed.length - LOGGED_FILES} more`);
  const codes = new Set(failed.flatMap(({ error }) => (error ? [error.code] : [])));
  for (const code of codes)
    await attempt.log(`What to do about ${code}: ${errorTable[code].remedy}`);
}
