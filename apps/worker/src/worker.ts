import { ExhibitError } from "@exhibit/contracts";
import {
  answer,
  createByteBudget,
  createMeter,
  createSight,
  createWaits,
  deliver,
  deposit,
  oneAtATime,
  planFolder,
  reconcile,
  seal,
  stamp,
  storeShard,
  verify,
} from "@exhibit/ingest";
import { recordWorkerFacts } from "@exhibit/ledger";
import { createObjectStore } from "@exhibit/oss";
import type { Handler, QueueName, WorkerHandle, WorkOptions } from "@exhibit/queue";
import {
  atMostEvery,
  boundHeap,
  observeDeposits,
  observeStamps,
  observeWindows,
  type WorkerParts,
} from "@exhibit/runtime";
import { createSources, unreadableRoots } from "@exhibit/sources";
import type { Logger } from "@exhibit/telemetry";
import { startHeartbeat } from "./heartbeat.ts";
import { startReconcileLoop } from "./reconcile-loop.ts";
import { createJobList, reportOf } from "./report.ts";
import { viewOf, workerFacts } from "./worker-facts.ts";

export interface RunningWorker {
  /** Waits for the running jobs, and hands them back when they take longer than the grace time. */
  close(): Promise<void>;
}

/** How many jobs one worker process runs at once, by queue. */
const concurrency: Record<QueueName, number> = {
  plan: 2,
  store: 4,
  seal: 2,
  // Authorities, each of which is asked for one stamp at a time.
  stamp: 4,
  // Vendors and third parties, each of which is given one thing at a time.
  deposit: 4,
  // What has been stored can wait for what is being stored.
  verify: 1,
  answer: 2,
  reconcile: 1,
  // Each sends four requests at most, so all together 64.
  deliver: 16,
};

/**
 * Bytes that files may hold in memory, all shards together: enough for two large ones with four
 * parts each.
 */
export const MEMORY_BYTES = 48 * 1024 * 1024;

/** Milliseconds between two log lines about a queue that is away. */
const QUEUE_FAULT_PAUSE = 10_000;

/**
 * Starts a worker, which takes jobs of all queues until it is closed. `times` replaces those of
 * `parts`, in milliseconds.
 */
export async function startWorker(
  parts: WorkerParts,
  times: Partial<Pick<WorkerParts, "quietMs" | "graceMs">> = {},
): Promise<RunningWorker> {
  const { ledger, engine, broker, roots, dataDir, logger, tunnel } = parts;
  const { quietMs, graceMs } = { ...parts, ...times };
  await warnOfUnreadableRoots(roots, logger);
  const facts = workerFacts();
  const worker = await recordWorkerFacts(ledger, facts);
  const sources = createSources({
    memoryBytes: MEMORY_BYTES,
    withSm3: parts.sm3,
    roots,
    dataDir,
  });
  const sight = createSight({ ledger, sources, host: facts.host, view: viewOf(facts) });
  const objectStore = createObjectStore({ tunnel });
  const waits = createWaits({
    diskSilence: sources.silence,
    onChange(wait, isOver) {
      const { for: waits_for, name, since, code, message, import_id, folder_id, vendor } = wait;
      const fields = { waits_for, name, since, code, import_id, folder_id, vendor };
      if (isOver) logger.warn({ event: "work.goes_on", ...fields }, "a folder no longer waits");
      else logger.warn({ event: "work.waits", ...fields, reason: message }, "a folder waits");
    },
  });
  const storing = {
    ledger,
    worker,
    engine,
    broker,
    objectStore,
    identical: parts.identical,
    retention: parts.retention,
    sources,
    logger,
    memory: createByteBudget(MEMORY_BYTES),
    meter: createMeter(),
    suspects: oneAtATime(),
    sight,
    waits,
  };
  const sealer = { ...parts.sealer, madeBy: `exhibit ${facts.version}` };
  const jobs = createJobList();
  const observed = [observeWindows(objectStore), observeStamps(ledger), observeDeposits(ledger)];
  // Before the first job, because a new worker mustn't send more than its share.
  const heartbeat = await startHeartbeat({
    ledger,
    logger,
    worker,
    pace: objectStore.pace,
    waits: waits.report,
    sight,
    meter: storing.meter,
    report: () => ({ ...reportOf(storing), jobs: jobs.list() }),
  });
  const handlers: Record<QueueName, Handler> = {
    plan: (id, attempt) =>
      planFolder({ ledger, engine, broker, sources, logger, sight, waits }, Number(id), attempt),
    store: (id, attempt) => storeShard(storing, Number(id), attempt),
    answer: (id, attempt) =>
      answer({ ledger, broker, sources, sight, roots, dataDir, tunnel }, id, attempt),
    seal: (id, attempt) => seal({ ledger, engine, logger, sealer }, id, attempt),
    stamp: (name, attempt) => stamp({ ledger, engine, logger, ...parts.stamps }, name, attempt),
    deposit: (receiver, attempt) => deposit({ ...storing, ...parts.deposits }, receiver, attempt),
    verify: (id, attempt) => verify({ ...storing, sealer }, Number(id), attempt),
    deliver: (id, attempt) => deliver({ ledger, logger, ...parts.webhooks }, id, attempt),
    reconcile: () =>
      reconcile(
        { ledger, engine, broker, objectStore, logger, schedules: parts.schedules, sealer },
        quietMs,
      ),
  };
  const onError = atMostEvery<Error>(QUEUE_FAULT_PAUSE, (err) =>
    logger.warn({ err }, "the queue can't be reached for the moment"),
  );
  const onFailed: WorkOptions["onFailed"] = (err, { id, willRetry }) =>
    logger.warn(
      { event: willRetry ? "job.retried" : "job.failed", err, job_id: id, ...detailsOf(err) },
      willRetry ? "a job failed and is retried" : "a job failed",
    );
  const workers: WorkerHandle[] = Object.entries(handlers).map(([name, handler]) =>
    engine.work(name as QueueName, jobs.watched(name, handler), {
      concurrency: concurrency[name as QueueName],
      onError,
      onFailed,
    }),
  );
  boundHeap();
  const reconcileLoop = startReconcileLoop({ ledger, engine, logger }, { quietMs });
  return {
    async close() {
      // At the same time, so that a queue that hangs doesn't keep the others taking jobs.
      await Promise.all([reconcileLoop.stop(), ...workers.map((worker) => worker.close(graceMs))]);
      for (const stopObserving of observed) stopObserving();
      await heartbeat.close();
      objectStore.close();
      await sources.close();
    },
  };
}

/** Warns of each root that exists and yet can't be read. */
async function warnOfUnreadableRoots(roots: readonly string[], logger: Logger): Promise<void> {
  for (const root of await unreadableRoots(roots)) {
    logger.warn(
      { root },
      "nothing can be read in this folder of sources.roots: is its share mounted here?",
    );
  }
}

/** Returns the import, folder and vendor that an error names, if any. */
function detailsOf(thrown: Error): ExhibitError["details"] {
  const { cause } = thrown;
  const error = thrown instanceof ExhibitError ? thrown : cause;
  return error instanceof ExhibitError ? error.details : {};
}
