import { Redis } from "ioredis";

/** Counters in Redis that all processes of a fleet share. */
export interface SharedCounters {
  /** The client, which fails at once when Redis is away, and reconnects by itself. */
  readonly redis: Redis;
  /** What the counters' keys begin with. */
  readonly prefix: string;
  close(): void;
}

/** Milliseconds that a counter may take; whoever counts goes on without it. */
const REPLY_LIMIT_MS = 250;

/** Opens a connection of its own for counters: jobs are waited for, counts never are. */
export function openSharedCounters(
  redisUrl: string,
  { ca, prefix = "exhibit" }: { ca?: string | undefined; prefix?: string | undefined } = {},
): SharedCounters {
  const redis = new Redis(redisUrl, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    commandTimeout: REPLY_LIMIT_MS,
    ...(ca === undefined ? {} : { tls: { ca } }),
  });
  // The engine's own connection reports what is wrong with Redis.
  redis.on("error", () => undefined);
  return { redis, prefix: `{${prefix}}:count:`, close: () => redis.disconnect() };
}
