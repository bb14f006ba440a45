import { ExhibitError } from "@exhibit/contracts";
import type { Queue, Worker, WorkerOptions } from "bullmq";
import { BullMQOtel } from "bullmq-otel";
import { countsOf } from "./counts.ts";
import { drain } from "./drain.ts";
import type { Away, Engine } from "./engine.ts";
import {
  currentRound,
  enqueueJob,
  type JobRef,
  jobOf,
  moveToRound,
  type NewJob,
} from "./enqueue.ts";
import { backOffAfterErrors } from "./error-backoff.ts";
import { watchStalls } from "./event-loop-stall.ts";
import type { BareHandler } from "./processor.ts";
import { type JobData, kept, type QueueName, queueNames } from "./queues.ts";

/** What an engine needs of the place that keeps its jobs. The methods are those of `Engine`. */
export interface Backend {
  createQueue(name: QueueName): Queue<JobData>;
  createWorker(
    name: QueueName,
    handler: BareHandler,
    options: Partial<WorkerOptions>,
  ): Worker<JobData>;
  onReturn(listener: () => void): void;
  away(): Away | undefined;
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** BullMQ renews a lock after half its life. */
const LOCK_RENEWED_MS = 4_000;

/**
 * When a worker dies, its jobs' locks end within eight seconds; the next check, at most 2.5 s
 * later, gives the jobs to others. An event loop that is blocked for less than four seconds loses
 * no lock, and a lost lock does no harm: two workers on one shard don't disturb each other. No job
 * fails for having stalled often: the ledger knows which shards crash their workers.
 */
const workerTimes = {
  lockDuration: 2 * LOCK_RENEWED_MS,
  stalledInterval: 2_500,
  maxStalledCount: 2 ** 31 - 1,
  // With the default of 15 s, work would stand still for that long after the queue is back.
  runRetryDelay: 1_000,
};

/** How many jobs are enqueued at once; a queue that is away is noticed after so many. */
const ENQUEUED_AT_ONCE = 200;

/** Adds the options that every queue and worker has. */
export function withTelemetry<Options extends object>(own: Options): Options {
  return { ...own, telemetry: new BullMQOtel({ tracerName: "exhibit" }) };
}

export function createEngine(backend: Backend): Engine {
  const queues = new Map(queueNames.map((name) => [name, backend.createQueue(name)]));
  // Without a listener, a lost connection would end the process; callers get the error of their
  // call.
  for (const queue of queues.values()) queue.on("error", () => {});

  function queueOf(name: QueueName): Queue<JobData> {
    const queue = queues.get(name);
    if (!queue) throw new ExhibitError("INTERNAL", `There is no queue ${name}.`);
    return queue;
  }

  /** Does something for the jobs of pieces of work, some at once. Throws SERVICE_UNREACHABLE. */
  async function forEach(
    name: QueueName,
    jobs: readonly JobRef[],
    act: (queue: Queue<JobData>, job: NewJob) => Promise<void>,
  ): Promise<void> {
    const queue = queueOf(name);
    const round = await reachable(currentRound(name, queue, jobs));
    for (let from = 0; from < jobs.length; from += ENQUEUED_AT_ONCE) {
      const some = jobs.slice(from, from + ENQUEUED_AT_ONCE);
      // One that can't be enqueued doesn't hold up the others.
      const results = await Promise.allSettled(
        some.map((job) => act(queue, jobOf(name, job, round))),
      );
      const failure = results.find(({ status }) => status === "rejected");
      if (failure?.status === "rejected") throw unreachable(failure.reason);
    }
  }

  return {
    queues: [...queues.values()],
    async enqueueNew(name, jobs) {
      if (jobs.length === 0) return;
      const queue = queueOf(name);
      const round = await reachable(currentRound(name, queue, jobs));
      await reachable(queue.addBulk(jobs.map((job) => jobOf(name, job, round))));
    },
    enqueue: (name, jobs, { isNewer = false } = {}) =>
      forEach(name, jobs, (queue, job) => enqueueJob(queue, job, { isNewer })),
    reprioritize: (name, jobs) => forEach(name, jobs, moveToRound),
    async schedule(name, everyMs) {
      const queue = queueOf(name);
      const known = await reachable(queue.getJobScheduler(name));
      await reachable(
        queue.upsertJobScheduler(
          name,
          { every: everyMs },
          {
            name,
            data: { id: name },
            opts: { removeOnComplete: true, removeOnFail: { count: 100 } },
          },
        ),
      );
      return known === undefined;
    },
    onReturn: backend.onReturn,
    away: backend.away,
    counts: () => reachable(Promise.all([...queues].map(([name, queue]) => countsOf(name, queue)))),
    work(name, handler, { concurrency, onError, onFailed }) {
      const controller = new AbortController();
      const { signal } = controller;
      const stalls = watchStalls(LOCK_RENEWED_MS);
      const worker = backend.createWorker(
        name,
        (id, attempt) => {
          const before = stalls.count;
          return handler(id, { ...attempt, signal, isHeld: () => stalls.count === before });
        },
        { ...workerTimes, ...kept, concurrency },
      );
      worker.on("error", onError);
      const backoff = backOffAfterErrors(worker);
      worker.on("failed", (job, error) => {
        onFailed(error, { id: job?.id ?? name, willRetry: job?.finishedOn === undefined });
      });
      return {
        async close(graceMs) {
          backoff.stop();
          stalls.stop();
          await drain(worker, controller, graceMs);
        },
      };
    },
    ping: () => backend.ping(),
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
      await backend.close();
    },
  };
}

/** Turns whatever work on the queue throws into SERVICE_UNREACHABLE. */
export async function reachable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw unreachable(cause);
  }
}

function unreachable(cause: unknown): ExhibitError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ExhibitError("SERVICE_UNREACHABLE", `The queue doesn't answer: ${reason}`, { cause });
}
