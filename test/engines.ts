import { join } from "node:path";
import { openPglite } from "@exhibit/ledger";
import { type Engine, openEmbeddedEngine, openRedisEngine } from "@exhibit/queue";
import { Redis } from "ioredis";
import { inject } from "vitest";
import { copyPglite } from "./databases.ts";
import { dataFolder } from "./servers.ts";

/** An address of a database of its own on the run's Redis. Redis databases are numbered; whoever needs one of its own takes the next. */
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

/** Both engines; every test of the queue runs on each. */
export const engineKinds = {
  async Redis(): Promise<{ engine: Engine; remove(): Promise<void> }> {
    const engine = await openRedisEngine(await takeRedisDatabase(inject("redisUrl")));
    return { engine, remove: () => engine.close() };
  },
  async PGlite(): Promise<{ engine: Engine; remove(): Promise<void> }> {
    const folder = await dataFolder("queue");
    const path = join(folder.path, "queue");
    await copyPglite(path);
    const pglite = await openPglite(path);
    const engine = await openEmbeddedEngine(pglite);
    return {
      engine,
      remove: () =>
        engine
          .close()
          .then(() => pglite.close())
          .then(folder.remove),
    };
  },
};
