import { type ErrorCode, ExhibitError, errorTable, toExhibitError } from "@exhibit/contracts";
import type { Broker, FolderOfCase, PerFile } from "@exhibit/credentials";
import {
  type FinishedShard,
  type FolderRow,
  finishShard,
  type Ledger,
  type NotStored,
  openShard,
  readFolder,
  recordDestination,
  type ShardRow,
  type Stored,
  type UnfinishedFile,
} from "@exhibit/ledger";
import type { LeaseHolder, ObjectStore } from "@exhibit/oss";
import { type Attempt, type Engine, Postponed } from "@exhibit/queue";
import { openSource, type SourceReader } from "@exhibit/sources";
import { withSpan } from "@exhibit/telemetry";
import pLimit from "p-limit";
import type { ByteBudget } from "./byte-budget.ts";
import { untilCancelled } from "./cancellation.ts";
import { createRecorder, type Outcome } from "./recorder.ts";
import { createSending, type Sending } from "./sending.ts";

export interface StoreDependencies {
  ledger: Ledger;
  engine: Engine;
  broker: Broker;
  objectStore: ObjectStore;
  roots: readonly string[];
  /** What all shards of this worker may hold of files at once. */
  memory: ByteBudget;
}

/** Files of one shard that are sent at once. */
const FILES_AT_ONCE = 16;

/** Lines about failed files that a job's log gets; the API lists them all. */
const LOGGED_FILES = 50;

const LONGEST_POSTPONEMENT_MS = 5 * 60 * 1000;

/** They pass without anybody's doing, however long that takes: they delay a shard and use up no attempt. */
const outages: ReadonlySet<ErrorCode> = new Set([
  "VENDOR_THROTTLED",
  "VENDOR_UNAVAILABLE",
  "VENDOR_CLOCK",
  "STORE_THROTTLED",
  "STORE_UNAVAILABLE",
]);

/** OSS is down for everybody, or fails for this file only: when others of its shard got through, it is the file. */
function isOutage(code: ErrorCode, settled: readonly Settled[]): boolean {
  if (code === "STORE_UNAVAILABLE") return !settled.some(({ error }) => error === undefined);
  return outages.has(code);
}

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
    untilCancelled(ledger, shard.importId, attempt, store),
  );
}

interface Settled {
  file: UnfinishedFile;
  outcome: Outcome;
  /** Why it isn't stored. */
  error?: ExhibitError;
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

/** On the last attempt, the files that could have been an outage's but weren't; they are settled as failed. */
function beyondHope(settled: readonly Settled[]): NotStored[] {
  return settled.flatMap((entry) => {
    const { outcome, error } = entry;
    if (outcome.state !== "planned" || !error || isOutage(error.code, settled)) return [];
    entry.outcome = { ...outcome, state: "failed" };
    return [entry.outcome];
  });
}

function giveUp(stop: AbortController, thrown: unknown): never {
  stop.abort(thrown);
  throw thrown;
}

/** What holds the lease that a file is sent with. */
type LeasesFor = (file: UnfinishedFile) => Promise<LeaseHolder>;

/** One lease for all files of the folder; one for each when the vendor opens them one by one. */
async function leasesOf(
  dependencies: StoreDependencies,
  folder: FolderRow,
  openedAt: Date,
  signal: AbortSignal,
): Promise<LeasesFor> {
  const hold = (selector: FolderRow["selector"]) =>
    holdLease(dependencies, { folder, selector, openedAt, signal });
  const perFile = dependencies.broker.perFile(folder.vendor);
  if (perFile) return async (file) => hold({ ...folder.selector, ...slotOf(perFile, file) });
  const shared = await hold(folder.selector);
  return () => Promise.resolve(shared);
}

/** As it was planned. Throws what planning would have refused it with. */
function slotOf(perFile: PerFile, { path, slot }: UnfinishedFile): FolderRow["selector"] {
  if (slot === null) {
    throw new ExhibitError("INTERNAL", `${JSON.stringify(path)} has been planned without a slot.`);
  }
  const named = perFile.slot({ path, number: slot });
  if (named instanceof ExhibitError) throw named;
  return named;
}

interface ToHold {
  folder: FolderRow;
  /** What the lease is to open. */
  selector: FolderRow["selector"];
  openedAt: Date;
  signal: AbortSignal;
}

async function holdLease(
  { ledger, broker }: StoreDependencies,
  { folder, selector, openedAt, signal }: ToHold,
): Promise<LeaseHolder> {
  const of: FolderOfCase = {
    vendor: folder.vendor,
    entrust_id: folder.entrust_id ?? undefined,
    suit_ids: folder.suit_ids,
    folder: selector,
  };
  const attributes = { "exhibit.vendor": folder.vendor, "exhibit.folder_id": folder.id };
  const lease = await withSpan("exhibit.lease", attributes, async (span) => {
    // After a person's retry the vendor is asked again: they have mended something.
    const held = await broker.lease(of, { refusedSince: openedAt.getTime(), signal });
    span.set({
      "exhibit.lease_id": held.id,
      "exhibit.lease_expires_at": held.expiresAt.toISOString(),
    });
    return held;
  });
  const { bucket, prefix } = lease;
  await recordDestination(ledger, folder.id, {
    endpoint: bucket.endpoint,
    bucket: bucket.name,
    prefix,
  });
  return {
    // An upload that is aborted because the work was stopped needs a lease once more; that has a time limit of its own.
    current: (options) => broker.lease(of, { ...options, ...(signal.aborted ? {} : { signal }) }),
    replace: (refused) => broker.lease(of, { unlike: refused.id, signal }),
  };
}

interface FileWork {
  file: UnfinishedFile;
  reader: SourceReader;
  leasesFor: LeasesFor;
  signal: AbortSignal;
  sending: Sending;
}

/** Gives the receipt of one file, or why there is none; undefined when the work was stopped before there was one. */
async function storeFile(
  { objectStore, memory }: StoreDependencies,
  { file, reader, leasesFor, signal, sending }: FileWork,
): Promise<Stored | ExhibitError | undefined> {
  const free = await memory.acquire(objectStore.memoryFor(file.size));
  const sent = sending.begin();
  try {
    const attributes = { "exhibit.file_id": file.id, "exhibit.size": file.size };
    return await withSpan("exhibit.file", attributes, async (span) => {
      const expected =
        file.modifiedMs === null ? undefined : { size: file.size, modifiedAt: file.modifiedMs };
      const leases = await leasesFor(file);
      await using body = await openBody(reader, file.path, expected);
      const receipt = await objectStore.put({
        leases,
        name: file.path,
        body,
        signal,
        onBytes: sent.add,
      });
      const { outcome, size, key, sha256, crc64, etag, requestId, storedAt, leaseId } = receipt;
      span.set({
        "exhibit.outcome": outcome,
        "exhibit.lease_id": leaseId,
        "exhibit.oss_request_id": requestId,
      });
      const proof = { size, key, sha256, crc64, etag, requestId, storedAt, leaseId };
      return { fileId: file.id, state: outcome, modifiedMs: body.modifiedAt, ...proof };
    });
  } catch (thrown) {
    if (signal.aborted) return undefined;
    return toExhibitError(thrown);
  } finally {
    sent.end();
    free();
  }
}

async function openBody(
  reader: SourceReader,
  path: string,
  expected: Parameters<SourceReader["open"]>[1],
) {
  const opened = await reader.open(path, expected);
  return Object.assign(opened, { [Symbol.asyncDispose]: () => opened.close() });
}

/** A file that may be stored yet stays planned, with the reason why it isn't stored so far. */
function notStored(file: UnfinishedFile, error: ExhibitError, attempt: Attempt): Outcome {
  const final = error.action === "never" || (attempt.last && !outages.has(error.code));
  return {
    fileId: file.id,
    state: final ? "failed" : "planned",
    code: error.code,
    message: error.message,
  };
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

/** How a shard that has planned files left comes again: after an outage without using up an attempt. */
function unfinished(settled: readonly Settled[], attempt: Attempt): Error {
  const open = settled.flatMap(({ outcome, error }) =>
    outcome.state === "planned" && error ? [error] : [],
  );
  const outage = open.find(({ code }) => isOutage(code, settled));
  const reason = outage ?? open[0];
  const error = new ExhibitError(
    reason?.code ?? "INTERNAL",
    `${open.length} files aren't stored yet: ${reason?.message ?? "no reason is known"}`,
    { cause: reason },
  );
  return outage ? postponed(error, attempt, outage.retryAfter) : error;
}

function postponed(
  error: ExhibitError,
  attempt: Attempt,
  retryAfter = error.retryAfter,
): Postponed {
  return new Postponed(Math.max(postponement(attempt.postponed), retryAfter ?? 0), error);
}

/** 1 s, 2 s, 4 s … up to five minutes. */
function postponement(before: number): number {
  return Math.min(LONGEST_POSTPONEMENT_MS, 1000 * 2 ** Math.min(before, 20));
}
