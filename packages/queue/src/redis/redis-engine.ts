import { ExhibitError } from "@exhibit/contracts";
import { Queue, type QueueOptions, Worker, type WorkerOptions } from "bullmq";
import { Redis } from "ioredis";
import { createEngine, withTelemetry } from "../create-engine.ts";
import type { Engine } from "../engine.ts";
import { createProcessor } from "../processor.ts";
import { EVENTS_KEPT, queueNames } from "../queues.ts";
import { checkDatabase, claimPrefix } from "./database.ts";
import { errorOfRedis } from "./errors.ts";
import { checkRedis } from "./fitness.ts";

/** Milliseconds that a producer waits for one reply of Redis. */
const REPLY_LIMIT_MS = 5000;

export interface RedisEngineOptions {
  /** Accepts a Redis that evicts keys when it runs out of memory. @defaultValue false */
  mayEvict?: boolean | undefined;
  /** PEM certificates of the authorities to trust for Redis. @defaultValue those Node trusts */
  ca?: string | undefined;
  /** Keeps several fleets on one Redis apart. @defaultValue exhibit */
  prefix?: string | undefined;
  /** The id of the ledger whose jobs these are: a prefix of another ledger's jobs is refused. */
  ledger?: string | undefined;
}

/**
 * Opens the engine for production. Throws SERVICE_UNREACHABLE when Redis doesn't answer within five
 * seconds, SERVICE_REFUSED when it refuses the login, SERVICE_UNFIT when it can't carry jobs.
 */
export async function openRedisEngine(
  redisUrl: string,
  { mayEvict, ca, prefix: name = "exhibit", ledger }: RedisEngineOptions = {},
): Promise<Engine> {
  const prefix = prefixOf(name);
  const tls = ca === undefined ? {} : { tls: { ca } };
  // A producer must not hang while Redis is away: the ledger has the work, and the reconciler
  // enqueues it again.
  const producer = new Redis(redisUrl, {
    maxRetriesPerRequest: 1,
    connectTimeout: REPLY_LIMIT_MS,
    commandTimeout: REPLY_LIMIT_MS,
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
  let lastError: Error | undefined;
  producer.on("error", (error: Error) => {
    lastError = error;
  });
  producer.on("ready", () => {
    lastError = undefined;
  });
  consumer.on("error", () => {});

  async function check(): Promise<void> {
    try {
      await checkDatabase(producer);
      await checkRedis(producer, { prefix, queues: queueNames, mayEvict });
      if (ledger !== undefined) await claimPrefix(producer, prefix, ledger);
    } catch (error) {
      // ioredis only says how often it retried; the connection's own error says why.
      const cause = error instanceof ExhibitError ? error : (lastError ?? error);
      throw errorOfRedis(cause, { isTls: producer.options.tls !== undefined });
    }
  }
  async function close(): Promise<void> {
    producer.disconnect();
    consumer.disconnect();
  }

  // Checked before there are queues: BullMQ prints warnings of its own about a server.
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
      awaySince && {
        since: awaySince,
        reason: lastError?.message ?? "the connection was closed",
      },
    createQueue: (name) =>
      new Queue(
        name,
        withTelemetry<QueueOptions>({
          connection: producer,
          prefix,
          streams: { events: { maxLen: EVENTS_KEPT } },
        }),
      ),
    createWorker: (name, handler, more) =>
      new Worker(
        name,
        createProcessor(name, handler),
        withTelemetry<WorkerOptions>({ ...more, connection: consumer, prefix }),
      ),
    // The first time has passed already.
    onReturn: (listener) => void producer.on("ready", listener),
    ping: check,
    close,
  });
}

/** What Redis keys begin with; the braces keep each queue in one slot of a cluster. */
function prefixOf(name: string): string {
  return `{${name}}`;
}

/** Returns true for the old master after a failover: the address may lead to the new one by now. */
function isReplicaNow({ message }: Error): boolean {
  return message.startsWith("READONLY");
}
