import type { PGlite } from "@electric-sql/pglite";
import { ExhibitError } from "@exhibit/contracts";
import {
  createPostgresBackend,
  Queue,
  type QueueOptions,
  runMigrations,
  Worker,
  type WorkerOptions,
  withBackend,
} from "bullmq";
import { BullMQOtel } from "bullmq-otel";
import { Redis } from "ioredis";
import { closeWorker } from "./close-worker.ts";
import { createPglitePool } from "./pglite-pool.ts";
import { EVENTS_KEPT, type JobData, kept, type QueueName, queueNames } from "./queues.ts";
import { checkDatabase, claimPrefix } from "./redis-database.ts";
import { faultOfRedis } from "./redis-faults.ts";
import { checkRedis } from "./redis-fitness.ts";
import { restAfterErrors } from "./rest-after-errors.ts";
import { beginNow, type JobRef, jobOf, ringAtEnd, ringOne, roundOf } from "./ringing.ts";
import { watchStandstills } from "./standstill.ts";
import { type BareHandler, createProcessor, type Handler } from "./work.ts";

/** What carries jobs: BullMQ on Redis, or on PGlite in this process. */
export interface Engine {
  /** BullMQ's own queues, for Bull Board. */
  readonly queues: readonly Queue<JobData>[];
  /** Enqueues new work; an id that is there already is passed over. */
  enqueueNew(name: QueueName, bells: readonly JobRef[]): Promise<void>;
  /**
   * Makes sure that work is going to be taken up, whatever became of its job: done, failed, or lost. A job that runs is
   * left alone, and so is one that waits out a pause. `isNewer` is for work that is newer than the job may know: a job that
   * ends within a second is rung for then, one that goes on sees the work itself, and one that waits begins at once.
   */
  enqueue(
    name: QueueName,
    bells: readonly JobRef[],
    options?: { isNewer?: boolean },
  ): Promise<void>;
  /** Rings a queue again and again. Returns whether that was new to it: then the queue is new, or has been emptied. */
  schedule(name: QueueName, everyMs: number): Promise<boolean>;
  /** Calls back each time the queue is there again after it was away: bells may have been lost. */
  onReturn(listener: () => void): void;
  /** Since when the queue can't be reached and why; undefined while it can. */
  away(): Away | undefined;
  /** Takes jobs of a queue until it's closed. */
  work(name: QueueName, handler: Handler, options: WorkOptions): WorkerHandle;
  /**
   * Resolves when jobs can be carried: by doing what they need. Throws SERVICE_UNREACHABLE, SERVICE_REFUSED or SERVICE_UNFIT.
   */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface Away {
  readonly since: Date;
  readonly reason: string;
}

export interface WorkOptions {
  /** Jobs at once. */
  concurrency: number;
  /** Faults of the connection to the queue, which BullMQ mends by itself. */
  onError(error: Error): void;
  /** A job failed, for good or to be tried again. */
  onFailed(error: Error, job: { id: string; willRetry: boolean }): void;
}

export interface WorkerHandle {
  /**
   * Takes no more jobs and lets those that run end. After `graceMs` their signal aborts, and what they hand back is
   * taken up by another worker.
   */
  close(graceMs: number): Promise<void>;
}

/** Redis keys begin with it; the braces keep a queue in one slot of a cluster. */
function prefixOf(name: string): string {
  return `{${name}}`;
}

/** BullMQ's tables in Postgres dialects. */
const SCHEMA = "bullmq";

/** BullMQ renews a lock at half its time. */
const LOCK_RENEWED_MS = 4_000;

/**
 * When a worker dies, its jobs' locks end within eight seconds, and the check after that, at most 2.5 s later, gives the
 * jobs to others. A lock is renewed after four seconds: an event loop that is blocked for less than four loses none, and
 * one that is lost does no harm, as two workers on one shard don't disturb each other. However often a job stalls, it
 * isn't failed for that: the ledger knows whether a shard is poison.
 */
const workerTimes = {
  lockDuration: 2 * LOCK_RENEWED_MS,
  stalledInterval: 2_500,
  maxStalledCount: 2 ** 31 - 1,
  // After a fault of the connection; the default of 15 s would be a pause after the queue is back.
  runRetryDelay: 1_000,
};

interface Backend {
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

/** Milliseconds that a producer waits for one answer of Redis. */
const PATIENCE_MS = 5000;

export interface RedisEngineOptions {
  /** Whether a Redis will do that drops keys when its memory is short. @defaultValue false */
  mayEvict?: boolean | undefined;
  /** Certificates, in PEM, of who may have signed that of Redis. @defaultValue those that Node knows */
  ca?: string | undefined;
  /** What keeps several fleets on one Redis apart. @defaultValue exhibit */
  prefix?: string | undefined;
  /** The id of the ledger whose jobs these are: those of another are refused. */
  ledger?: string | undefined;
}

/**
 * The engine for production. Throws SERVICE_UNREACHABLE when Redis doesn't answer within five seconds, SERVICE_REFUSED when it
 * doesn't let us in, SERVICE_UNFIT when it can't carry jobs.
 */
export async function openRedisEngine(
  redisUrl: string,
  { mayEvict, ca, prefix: name = "exhibit", ledger }: RedisEngineOptions = {},
): Promise<Engine> {
  const prefix = prefixOf(name);
  const tls = ca === undefined ? {} : { tls: { ca } };
  // A producer must not hang while Redis is away: the ledger has the work already, and the reconciler rings for it.
  const producer = new Redis(redisUrl, {
    maxRetriesPerRequest: 1,
    connectTimeout: PATIENCE_MS,
    commandTimeout: PATIENCE_MS,
    reconnectOnError: isReplicaNow,
    ...tls,
  });
  // A worker waits for as long as Redis is away.
  const consumer = new Redis(redisUrl, {
    maxRetriesPerRequest: null,
    lazyConnect: true,
    reconnectOnError: isReplicaNow,
    ...tls,
  });
  let fault: Error | undefined;
  producer.on("error", (error: Error) => {
    fault = error;
  });
  producer.on("ready", () => {
    fault = undefined;
  });
  consumer.on("error", () => {});

  async function check(): Promise<void> {
    try {
      await checkDatabase(producer);
      await checkRedis(producer, { prefix, queues: queueNames, mayEvict });
      if (ledger !== undefined) await claimPrefix(producer, prefix, ledger);
    } catch (error) {
      // ioredis only says how often it tried; why is what the connection said.
      const cause = error instanceof ExhibitError ? error : (fault ?? error);
      throw faultOfRedis(cause, { isTls: producer.options.tls !== undefined });
    }
  }
  async function close(): Promise<void> {
    producer.disconnect();
    consumer.disconnect();
  }

  // Before there are queues: BullMQ says what it thinks of a server, too.
  try {
    await check();
  } catch (cause) {
    await close();
    throw cause;
  }
  let awaySince: Date | undefined;
  producer.on("ready", () => {
    awaySince = undefined;
  });
  producer.on("close", () => {
    awaySince ??= new Date();
  });
  return createEngine({
    away: () =>
      awaySince && { since: awaySince, reason: fault?.message ?? "the connection was closed" },
    createQueue: (name) =>
      new Queue(
        name,
        options<QueueOptions>({
          connection: producer,
          prefix,
          streams: { events: { maxLen: EVENTS_KEPT } },
        }),
      ),
    createWorker: (name, handler, more) =>
      new Worker(
        name,
        createProcessor(name, handler),
        options<WorkerOptions>({ ...more, connection: consumer, prefix }),
      ),
    // The first time has passed.
    onReturn: (listener) => void producer.on("ready", listener),
    ping: check,
    close,
  });
}

/** The old master after a failover: the address may lead to the new one by now. */
function isReplicaNow({ message }: Error): boolean {
  return message.startsWith("READONLY");
}

/** The engine in this process; `pglite` is closed by its owner, after the engine. */
export async function openEmbeddedEngine(pglite: PGlite): Promise<Engine> {
  const pool = createPglitePool(pglite);
  await runMigrations(await pool.connect(), SCHEMA);
  await pglite.exec(`set search_path to public, ${SCHEMA}`);
  const embedded = withBackend(createPostgresBackend);
  return createEngine({
    createQueue: (name) =>
      new embedded.Queue<JobData>(name, options({ connection: pool })) as unknown as Queue<JobData>,
    createWorker: (name, handler, more) =>
      new embedded.Worker<JobData>(
        name,
        createProcessor(name, handler),
        options({ ...more, connection: pool } as { connection: typeof pool }),
      ) as unknown as Worker<JobData>,
    // It is in this process: it can't be away.
    onReturn() {},
    away: () => undefined,
    ping: () => reachable(pglite.query("select 1").then(() => undefined)),
    close: () => Promise.resolve(),
  });
}

/** Bells that are rung at once; a queue that is away is found out after so many. */
const RUNG_AT_ONCE = 200;

/** What every queue and worker is made with. */
function options<Options extends object>(own: Options): Options {
  return { ...own, telemetry: new BullMQOtel({ tracerName: "exhibit" }) };
}

function createEngine(backend: Backend): Engine {
  const queues = new Map(queueNames.map((name) => [name, backend.createQueue(name)]));
  // Without a listener, a lost connection would end the process; whoever needs the queue gets the error of its call.
  for (const queue of queues.values()) queue.on("error", () => {});

  function queueOf(name: QueueName): Queue<JobData> {
    const queue = queues.get(name);
    if (!queue) throw new ExhibitError("INTERNAL", `There is no queue ${name}.`);
    return queue;
  }

  return {
    queues: [...queues.values()],
    async enqueueNew(name, bells) {
      if (bells.length === 0) return;
      const queue = queueOf(name);
      const round = await reachable(roundFor(queue, bells));
      await reachable(queue.addBulk(bells.map((bell) => jobOf(name, bell, round))));
    },
    async enqueue(name, bells, { isNewer = false } = {}) {
      const queue = queueOf(name);
      const round = await reachable(roundFor(queue, bells));
      for (let from = 0; from < bells.length; from += RUNG_AT_ONCE) {
        const some = bells.slice(from, from + RUNG_AT_ONCE);
        // One that can't be rung doesn't keep the others silent.
        const rung = await Promise.allSettled(
          some.map(async (bell) => {
            const job = jobOf(name, bell, round);
            const state = await ringOne(queue, job);
            if (state === "active" && isNewer) await ringAtEnd(queue, job);
            if (state === "delayed" && isNewer) await beginNow(queue, job);
          }),
        );
        const failure = rung.find(({ status }) => status === "rejected");
        if (failure?.status === "rejected") throw unreachable(failure.reason);
      }
    },
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
    work(name, handler, { concurrency, onError, onFailed }) {
      const controller = new AbortController();
      const { signal } = controller;
      const standstills = watchStandstills(LOCK_RENEWED_MS);
      const worker = backend.createWorker(
        name,
        (id, attempt) => {
          const before = standstills.count;
          return handler(id, { ...attempt, signal, isHeld: () => standstills.count === before });
        },
        { ...workerTimes, ...kept, concurrency },
      );
      worker.on("error", onError);
      const rest = restAfterErrors(worker);
      worker.on("failed", (job, error) => {
        onFailed(error, { id: job?.id ?? name, willRetry: job?.finishedOn === undefined });
      });
      return {
        async close(graceMs) {
          rest.stop();
          standstills.stop();
          await closeWorker(worker, controller, graceMs);
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

/** Only bells of shards have turns. */
async function roundFor(queue: Queue<JobData>, bells: readonly JobRef[]): Promise<number> {
  return bells.some(({ position }) => position !== undefined) ? await roundOf(queue) : 1;
}

async function reachable<T>(work: Promise<T>): Promise<T> {
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
