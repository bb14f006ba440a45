import { ExhibitError } from "@exhibit/contracts";
import {
  createByteBudget,
  createSight,
  createWaits,
  oneAtATime,
  planFolder,
  reconcile,
  seal,
  storeShard,
} from "@exhibit/ingest";
import { recordWorkerFacts } from "@exhibit/ledger";
import { createObjectStore } from "@exhibit/oss";
import type { Handler, QueueName, WorkerHandle, WorkOptions } from "@exhibit/queue";
import type { WorkerParts } from "@exhibit/runtime";
import { createSources, unreadableRoots } from "@exhibit/sources";
import { type Logger, observe } from "@exhibit/telemetry";
import { boundHeap } from "./bounded-heap.ts";
import { keepPresence } from "./heartbeat.ts";
import { keepRinging } from "./reconcile-loop.ts";
import { viewOf, workerFacts } from "./worker-facts.ts";

export interface RunningWorker {
  /** Ends the jobs that run, or hands them back when they take longer than the grace time. */
  close(): Promise<void>;
}

/** Jobs that one worker process runs at once, by queue. */
const concurrency: Record<QueueName, number> = { plan: 2, store: 4, seal: 2, reconcile: 1 };

/** What the files under way may hold in memory, all shards together: two large ones with four parts each, for one. */
export const MEMORY_BYTES = 48 * 1024 * 1024;

/** Takes jobs of all queues until it's closed. */
export async function startWorker(
  parts: WorkerParts,
  times: Partial<Pick<WorkerParts, "quietMs" | "graceMs">> = {},
): Promise<RunningWorker> {
  const { ledger, engine, broker, roots, dataDir, logger, tunnel } = parts;
  const { quietMs, graceMs } = { ...parts, ...times };
  await warnOfUnreadableRoots(roots, logger);
  const facts = workerFacts();
  const worker = await recordWorkerFacts(ledger, facts);
  const sources = createSources({ memoryBytes: MEMORY_BYTES, roots, dataDir });
  const sight = createSight({ ledger, sources, host: facts.host, view: viewOf(facts) });
  const objectStore = createObjectStore({ tunnel });
  const waits = createWaits({
    diskSilence: sources.silence,
    onChange(wait, isOver) {
      const { for: waits_for, name, since, code, message, import_id, folder_id, vendor } = wait;
      const fields = { waits_for, name, since, code, import_id, folder_id, vendor };
      if (isOver)
        logger.warn({ event: "work.goes_on", ...fields }, "a folder doesn't wait any more");
      else logger.warn({ event: "work.waits", ...fields, reason: message }, "a folder waits");
    },
  });
  const storing = {
    ledger,
    worker,
    engine,
    broker,
    objectStore,
    sources,
    logger,
    memory: createByteBudget(MEMORY_BYTES),
    suspects: oneAtATime(),
    sight,
    waits,
  };
  const stopObserving = observe("exhibit.oss.window", async () =>
    objectStore.windows().map(({ endpoint, bucket, size }) => ({
      value: size,
      attributes: { "exhibit.endpoint": endpoint, "exhibit.bucket": bucket },
    })),
  );
  // Before the first job: a worker that begins mustn't send beyond its share.
  const presence = await keepPresence({
    ledger,
    logger,
    worker,
    pace: objectStore.pace,
    waits: waits.look,
    sight,
  });
  const handlers: Record<QueueName, Handler> = {
    plan: (id, attempt) =>
      planFolder({ ledger, engine, broker, sources, logger, sight, waits }, Number(id), attempt),
    store: (id, attempt) => storeShard(storing, Number(id), attempt),
    seal: (id) => seal({ ledger, logger }, id),
    reconcile: () => reconcile({ ledger, engine, broker, objectStore, logger }, quietMs),
  };
  const onError = sayNowAndThen((err) =>
    logger.warn({ err }, "the queue can't be reached for the moment"),
  );
  const onFailed: WorkOptions["onFailed"] = (err, { id, willRetry }) =>
    logger.warn(
      { event: willRetry ? "job.retried" : "job.failed", err, job_id: id, ...detailsOf(err) },
      willRetry ? "a job failed and is tried again" : "a job failed",
    );
  const workers: WorkerHandle[] = Object.entries(handlers).map(([name, handler]) =>
    engine.work(name as QueueName, handler, {
      concurrency: concurrency[name as QueueName],
      onError,
      onFailed,
    }),
  );
  boundHeap();
  const ringing = keepRinging({ ledger, engine, logger }, { quietMs });
  return {
    async close() {
      // Side by side: a queue that hangs must not put off that no more jobs are taken.
      await Promise.all([ringing.stop(), ...workers.map((worker) => worker.close(graceMs))]);
      stopObserving();
      await presence.close();
      objectStore.close();
      await sources.close();
    },
  };
}

async function warnOfUnreadableRoots(roots: readonly string[], logger: Logger): Promise<void> {
  for (const root of await unreadableRoots(roots)) {
    logger.warn(
      { root },
      "nothing can be read in this folder of sources.roots: is its share mounted here?",
    );
  }
}

/** Which import, folder and vendor an error is of, as far as it knows. */
function detailsOf(thrown: Error): ExhibitError["details"] {
  const { cause } = thrown;
  const error = thrown instanceof ExhibitError ? thrown : cause;
  return error instanceof ExhibitError ? error.details : {};
}

/** Milliseconds between two lines of the log about a queue that is away. */
const QUIET_BETWEEN_FAULTS = 10_000;

function sayNowAndThen(say: (fault: Error) => void): (fault: Error) => void {
  let quietUntil = 0;
  return (fault) => {
    if (Date.now() < quietUntil) return;
    quietUntil = Date.now() + QUIET_BETWEEN_FAULTS;
    say(fault);
  };
}
