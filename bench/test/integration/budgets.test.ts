import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { openRedisEngine } from "@exhibit/queue";
import { expect, test } from "vitest";
import { startRedis } from "../../../test/redis-server.ts";
import { memoryOf } from "../../ledger-work.ts";

// What an import may cost for each of its files and shards, at any size: docs/measurements.md has the figures of a million.

const FILES = 20_000;
const SHARDS = 2000;

test("a file takes at most 400 bytes of the ledger, and planning it 50 µs of CPU", async () => {
  const script = join(import.meta.dirname, "../../planning.ts");
  const args = [script, "--files", String(FILES), "--no-first-put", "--json"];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const figures = JSON.parse(stdout);
  expect(figures["ledger bytes a file"]).toBeLessThan(400);
  // 20,000 files a second by one core; time by the clock would tell of what else runs here.
  expect(figures["planning, µs of CPU a file here"]).toBeLessThan(50);
  expect(figures["planning, µs of CPU a file of the servers"]).toBeLessThan(50);
});

test("a shard that waits takes at most 1 KB of Redis", async () => {
  await using stack = new AsyncDisposableStack();
  const redis = await startRedis();
  stack.defer(() => redis.stop());
  const engine = await openRedisEngine(redis.url);
  stack.defer(() => engine.close());
  const announce = (from: number) =>
    engine.announce(
      "store",
      Array.from({ length: SHARDS }, (_, number) => ({ id: String(from + number), place: number })),
    );
  // What the queue itself takes isn't a shard's.
  await announce(1);
  const before = await memoryOf({ redisUrl: redis.url });
  await announce(1_000_000);
  const bytes = (await memoryOf({ redisUrl: redis.url })) - before;
  expect(bytes / SHARDS).toBeLessThan(1024);
});
