import { join } from "node:path";
import type { ImportView } from "@exhibit/contracts";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { directory, startSystem, writeTree } from "../../support/system.ts";

test("When Redis is emptied in the middle of an import, the import goes on from the ledger and is sealed", async () => {
  await using system = await startSystem("Redis and Postgres", { worker: { quietMs: 500 } });
  const suits = Array.from({ length: 12 }, (_, index) => `${1000 + index}`);
  for (const suit of suits) await writeTree(join(system.root, suit), { "a.pdf": suit });
  // More shards than are taken at once: some jobs still wait in Redis.
  const held = system.sandbox.oss.hold({ method: "PUT" });
  const { body } = await system.post<ImportView>("/v1/imports", {
    entrust_id: "E-77",
    suit_ids: suits,
    folders: suits.map((suit_id) => directory("kongur", { suit_id }, join(system.root, suit_id))),
  });
  await held.reached(4);
  const redis = new Redis(system.environment.redisUrl ?? "");
  await redis.flushdb();
  redis.disconnect();
  held.release();
  expect(await system.rest(body.import_id)).toMatchObject({ status: "sealed", stored: 12 });
  expect(system.sandbox.objectCount()).toBe(12);
});
