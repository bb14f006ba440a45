import { join } from "node:path";
import type { ImportView } from "@exhibit/contracts";
import { Redis } from "ioredis";
import { importOfSuits, type System, writeTree } from "./system.ts";

/** Files of the import below, a suit for each: more than are stored at once, so that some jobs still wait in Redis. */
export const FILES_WITH_LOST_JOBS = 12;

/** Runs an import that loses its jobs while it is stored, so that they have to be enqueued again. */
export async function importWithLostJobs(system: System): Promise<ImportView> {
  const suits = Array.from({ length: FILES_WITH_LOST_JOBS }, (_, index) => `${1000 + index}`);
  for (const suit of suits) await writeTree(join(system.root, suit), { "a.pdf": suit });
  const held = system.sandbox.oss.hold({ method: "PUT" });
  const request = importOfSuits(system.root, ...suits);
  const { body } = await system.post<ImportView>("/v1/imports", request);
  await held.reached(4);
  const redis = new Redis(system.environment.redisUrl ?? "");
  await redis.flushdb();
  redis.disconnect();
  held.release();
  return await system.rest(body.import_id);
}
