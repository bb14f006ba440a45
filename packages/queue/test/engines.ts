import { join } from "node:path";
import { openPglite } from "@exhibit/ledger";
import { copyPglite } from "@exhibit/ledger/testing";
import { type Engine, openEmbeddedEngine, openRedisEngine } from "@exhibit/queue";
import { dataFolder, takeRedisDatabase } from "@exhibit/testkit";
import { inject } from "vitest";

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
