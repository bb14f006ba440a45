import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ImportView, Problem } from "@exhibit/contracts";
import { type RunningServer, startPostgres, startRedis } from "@exhibit/testkit";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  importOfSuits,
  type System,
  type SystemOptions,
  startSystem,
  writeTree,
} from "../../support/system.ts";

/** Milliseconds between a service's return and the end of the imports that waited for it: the goal, and their own time. */
const SOON = 20_000;
/** Milliseconds within which a request is answered, whatever is away. */
const A_FEW_SECONDS = 6000;
const SUITS = 6;
const FILES = 20;
/** PUTs that are under way when the service goes. */
const IN_FLIGHT = 4;

interface BoardJob {
  id: string;
  attempts: number;
}

describe("When a service of our own is gone in the middle of an import", () => {
  let redis: RunningServer;
  let postgres: RunningServer;
  let system: System;

  beforeAll(async () => {
    [redis, postgres] = await Promise.all([startRedis(), startPostgres()]);
  });
  afterAll(async () => {
    await Promise.all([redis.stop(), postgres.stop()]);
  });
  beforeEach(() => start());

  async function start(options: Pick<SystemOptions, "worker"> = {}): Promise<void> {
    const environment = { redisUrl: redis.url, databaseUrl: postgres.url };
    system = await startSystem("Redis and Postgres", { environment, ...options });
  }
  afterEach(() => system[Symbol.asyncDispose]());

  async function request(name: string) {
    const suits = Array.from({ length: SUITS }, (_, index) => `${name}${1000 + index}`);
    for (const suit of suits) {
      const names = Array.from({ length: FILES }, (_, index) => `${index}.pdf`);
      await writeTree(
        join(system.root, suit),
        Object.fromEntries(names.map((file) => [file, `${suit}/${file}`])),
      );
    }
    return importOfSuits(system.root, ...suits);
  }

  /** An import of which files are being sent, and whose end is awaited by its event stream. */
  async function begin() {
    const held = system.sandbox.oss.hold({ method: "PUT" });
    const { body } = await system.post<ImportView>("/v1/imports", await request("A"));
    const events = await system.ask(`/v1/imports/${body.import_id}/events`);
    await held.reached(IN_FLIGHT);
    return { importId: body.import_id, held, events };
  }

  async function answered(path: string, init: RequestInit = {}) {
    const since = Date.now();
    const answer = await system.ask(path, init);
    expect(Date.now() - since).toBeLessThan(A_FEW_SECONDS);
    return { status: answer.status, body: (await answer.json()) as Problem };
  }

  const posting = (body: unknown): RequestInit => ({
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

  /** No file was sent twice, and no job used up an attempt but its last. */
  async function expectNothingTwice(files: number): Promise<void> {
    expect(system.sandbox.objectCount()).toBe(files);
    const puts = system.sandbox.oss.log.entries().filter(({ method }) => method === "PUT");
    expect(puts).toHaveLength(files);
    for (const status of ["failed", "completed"]) {
      const board = await system.get<{ queues: { name: string; jobs: BoardJob[] }[] }>(
        `/queues/api/queues?activeQueue=store&status=${status}&page=1&jobsPerPage=100`,
      );
      const jobs = board.queues.find(({ name }) => name === "store")?.jobs ?? [];
      expect(jobs.filter(({ attempts }) => attempts > 1)).toEqual([]);
      if (status === "failed") expect(jobs).toEqual([]);
    }
  }

  test.each(["kill", "down"] as const)(
    "Postgres (%s): requests get 503 and a sentence, what was sent is recorded when it is back, nothing is sent again",
    async (how) => {
      const { importId, held, events } = await begin();
      await postgres[how]();
      held.release();
      await system.sandbox.oss.log.waitFor(({ method }) => method === "PUT", {
        count: IN_FLIGHT,
      });

      for (const path of [`/v1/imports/${importId}`, "/readyz"]) {
        const { status, body } = await answered(path);
        expect(status).toBe(503);
        expect(body.code).toBe("SERVICE_UNREACHABLE");
        expect(body.detail).toMatch(/ledger/i);
      }
      const refused = await answered("/v1/imports", posting(await request("B")));
      expect(refused).toMatchObject({
        status: 503,
        body: { code: "SERVICE_UNREACHABLE" },
      });

      await postgres.up();
      const since = Date.now();
      // The stream that was open all the time tells the end.
      expect(await events.text()).toMatch(/event: end\n.*"status":"sealed"/);
      expect(Date.now() - since).toBeLessThan(SOON);
      expect(await system.get(`/v1/imports/${importId}`)).toMatchObject({
        status: "sealed",
        stored: SUITS * FILES,
      });
      await expectNothingTwice(SUITS * FILES);
      await expect(system.get("/readyz")).resolves.toMatchObject({ ledger: "up" });
    },
  );

  /** The import that was under way ends soon now that Redis works again, and so does the one that was taken meanwhile. */
  async function expectBothSealedSoon(events: Response, taken: object): Promise<void> {
    const since = Date.now();
    expect(await events.text()).toMatch(/event: end\n.*"status":"sealed"/);
    const { import_id } = taken as ImportView;
    expect(await system.rest(import_id)).toMatchObject({ status: "sealed" });
    expect(Date.now() - since).toBeLessThan(SOON);
    await expectNothingTwice(2 * SUITS * FILES);
  }

  test.each(["kill", "down"] as const)(
    "Redis (%s): what is in hand is finished, imports are taken, and work goes on when it is back",
    async (how) => {
      const { importId, held, events } = await begin();
      await redis[how]();
      held.release();
      const taken = await answered("/v1/imports", posting(await request("B")));
      expect(taken.status).toBe(202);
      // At least the shard whose files were under way is in hand: it is recorded in the ledger all the same.
      await expect
        .poll(async () => (await system.get<ImportView>(`/v1/imports/${importId}`)).stored)
        .toBeGreaterThanOrEqual(FILES);
      expect(await answered("/readyz")).toMatchObject({ status: 503 });

      await redis.up();
      await expectBothSealedSoon(events, taken.body);
    },
  );

  test("Redis out of memory: work in hand is finished, imports are taken, nothing spins, and work goes on when there is memory", async () => {
    // Its worker looks every second whether jobs were lost, and so meets a Redis without memory.
    await system[Symbol.asyncDispose]();
    await start({ worker: { quietMs: 2_000 } });
    const { importId, held, events } = await begin();
    const client = new Redis(redis.url);
    await client.config("SET", "maxmemory", "1");
    held.release();
    const taken = await answered("/v1/imports", posting(await request("B")));
    expect(taken.status).toBe(202);
    await expect
      .poll(async () => (await system.get<ImportView>(`/v1/imports/${importId}`)).stored)
      .toBeGreaterThanOrEqual(FILES);
    const before = await callsOf(client);
    await sleep(1000);
    expect((await callsOf(client)) - before).toBeLessThan(500);

    await client.config("SET", "maxmemory", "0");
    client.disconnect();
    await expectBothSealedSoon(events, taken.body);
  });
});

async function callsOf(client: Redis): Promise<number> {
  return Number(/total_commands_processed:(\d+)/.exec(await client.info("stats"))?.[1]);
}
