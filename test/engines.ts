import { openPglite } from "@exhibit/ledger";
import { type Engine, openEmbeddedEngine, openRedisEngine } from "@exhibit/queue";
import { Redis } from "ioredis";
import { inject } from "vitest";
import { dataFolder } from "./servers.ts";

/** Redis databases are numbered; each test file of a run takes the next. */
async function takeRedisDatabase(): Promise<string> {
  const counter = new Redis(inject("redisUrl"));
  const database = await counter.incr("test:databases");
  counter.disconnect();
  const url = new URL(inject("redisUrl"));
  url.pathname = `/${database}`;
  return url.href;
}

/** Both engines; every test of the queue runs on each. */
export const engineKinds = {
  async Redis(): Promise<{ engine: Engine; remove(): Promise<void> }> {
    const engine = await openRedisEngine(await takeRedisDatabase());
    return { engine, remove: () => engine.close() };
  },
  async PGlite(): Promise<{ engine: Engine; remove(): Promise<void> }> {
    const folder = await dataFolder("queue");
    const pglite = await openPglite(folder.path);
    const engine = await openEmbeddedEngine(pglite);
    return {
      engine,
      remove: () => engine.close().then(() => pglite.close()).then(folder.remove),
    };
  },
};
