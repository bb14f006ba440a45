import { Redis } from "ioredis";

/** An address of a database of its own on the run's Redis, by the counter that all tests take their numbers from. */
export async function takeDatabase(redisUrl: string): Promise<string> {
  const counter = new Redis(redisUrl);
  const database = await counter.incr("test:databases");
  counter.disconnect();
  const url = new URL(redisUrl);
  url.pathname = `/${database}`;
  return url.href;
}
