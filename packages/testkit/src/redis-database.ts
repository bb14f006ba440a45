import { Redis } from "ioredis";

/**
 * Returns the address of an unused database on the run's Redis. Databases are numbered: the number
 * comes from a counter that all tests share.
 */
export async function takeRedisDatabase(redisUrl: string): Promise<string> {
  const counter = new Redis(redisUrl);
  const database = await counter.incr("test:databases");
  // Throws for a number that the server doesn't have: a client would go on with database 0, beside others.
  await counter.select(database);
  counter.disconnect();
  const url = new URL(redisUrl);
  url.pathname = `/${database}`;
  return url.href;
}
