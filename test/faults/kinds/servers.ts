import { Redis } from "ioredis";
import type { Deployment } from "../deployment/deployment.ts";
import { type Fault, overAtOnce } from "../fault.ts";

type Name = "redis" | "postgres";

/** Ended in good order or as by a crash, and away for a while. */
function away(name: Name, kind: string, how: "down" | "kill", lasts: Fault["lasts"]): Fault {
  return {
    kind: `${name}-${kind}`,
    target: name,
    lasts,
    async begin({ deployment }) {
      await deployment[name][how]();
      return () => deployment[name].up();
    },
  };
}

async function withRedis<T>(
  { redis }: Deployment,
  work: (client: Redis) => Promise<T>,
): Promise<T> {
  const client = new Redis(redis.url);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

export const serverFaults: readonly Fault[] = [
  ...(["redis", "postgres"] as const).flatMap((name) => [
    away(name, "restarted", "down", [0, 0]),
    away(name, "killed", "kill", [0, 2]),
    away(name, "gone", "kill", [10, 20]),
  ]),
  {
    kind: "redis-emptied",
    target: "redis",
    lasts: [0, 0],
    async begin({ deployment }) {
      await withRedis(deployment, (redis) => redis.flushall());
      return overAtOnce;
    },
  },
  {
    // With `noeviction`, every command that needs memory is refused.
    kind: "redis-full",
    target: "redis",
    lasts: [5, 15],
    async begin({ deployment }) {
      await withRedis(deployment, (redis) => redis.config("SET", "maxmemory", "1mb"));
      return async () => {
        await withRedis(deployment, (redis) => redis.config("SET", "maxmemory", "0"));
      };
    },
  },
];
