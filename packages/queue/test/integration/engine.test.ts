import { ExhibitError, errorTable, type Priority, priorities } from "@exhibit/contracts";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  type Attempt,
  type Engine,
  type Handler,
  Postponed,
  type QueueName,
  queueNames,
  type WorkerHandle,
} from "../../src/index.ts";
import { engineKinds } from "../engines.ts";

/** Collects the calls of a handler, and lets a test wait for the next one. */
function createRecord<T>() {
  const seen: T[] = [];
  let wake = () => {};
  return {
    seen,
    add(value: T) {
      seen.push(value);
      wake();
    },
    async atLeast(count: number): Promise<T[]> {
      while (seen.length < count) await new Promise<void>((resolve) => (wake = resolve));
      return seen;
    },
  };
}

describe.each(Object.entries(engineKinds))("The engine on %s", (_kind, open) => {
  let engine: Engine;
  let remove: () => Promise<void>;
  let workers: WorkerHandle[] = [];
  let lastId = 0;
  const failures: { id: string; willRetry: boolean; message: string }[] = [];
  const newId = () => {
    lastId += 1;
    return String(lastId);
  };

  beforeAll(async () => {
    ({ engine, remove } = await open());
  });
  afterEach(async () => {
    await Promise.all(workers.map((worker) => worker.close(0)));
    workers = [];
  });
  afterAll(() => remove());

  function work(handler: Handler, concurrency = 1, name: QueueName = "store"): void {
    workers.push(
      engine.work(name, handler, {
        concurrency,
        onError(error) {
          throw error;
        },
        onFailed: (error, job) => failures.push({ ...job, message: error.message }),
      }),
    );
  }

  function storeQueue() {
    const queue = engine.queues.find(({ name }) => name === "store");
    if (!queue) throw new Error("no store queue");
    return queue;
  }

  async function untilJobIs(id: string, state: string): Promise<void> {
    while ((await (await storeQueue().getJob(`store-${id}`))?.getState()) !== state) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  test("counts its jobs by what becomes of them, and says since when the oldest waits", async () => {
    const countsOf = async () => {
      const all = await engine.counts();
      expect(all.map(({ queue }) => queue)).toEqual(queueNames);
      return all.find(({ queue }) => queue === "seal");
    };
    const none = { waiting: 0, active: 0, delayed: 0, failed: 0, oldestAt: undefined };
    expect(await countsOf()).toEqual({ queue: "seal", ...none });
    const before = Date.now();
    await engine.enqueueNew("seal", [{ id: "first" }, { id: "second", position: 1 }]);
    const waiting = await countsOf();
    expect(waiting).toMatchObject({ waiting: 2, active: 0 });
    expect(waiting?.oldestAt?.getTime()).toBeGreaterThanOrEqual(before);
    expect(waiting?.oldestAt?.getTime()).toBeLessThanOrEqual(Date.now());
    const taken = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    work(
      async (id) => {
        if (id === "first")
          throw new Postponed(60_000, new ExhibitError("STORE_THROTTLED", "later"));
        taken.resolve();
        await goOn.promise;
      },
      1,
      "seal",
    );
    await taken.promise;
    await expect
      .poll(countsOf, { timeout: 20_000 })
      .toEqual({ queue: "seal", ...none, active: 1, delayed: 1 });
    goOn.resolve();
    await expect
      .poll(countsOf, { timeout: 20_000 })
      .toEqual({ queue: "seal", ...none, delayed: 1 });
  });

  test("carries an id and nothing else, once, however often it is enqueued", async () => {
    const id = newId();
    await engine.enqueueNew("store", [{ id, position: 1 }]);
    await engine.enqueueNew("store", [{ id, position: 1 }]);
    const job = await storeQueue().getJob(`store-${id}`);
    expect(job?.data).toEqual({ id });
    const record = createRecord<string>();
    work(async (seen) => record.add(seen));
    await untilJobIs(id, "completed");
    expect(record.seen).toEqual([id]);
  });

  test("enqueues work whose job is completed, failed, or lost", async () => {
    const record = createRecord<string>();
    const failing = new Set<string>();
    work(async (id) => {
      record.add(id);
      if (failing.delete(id))
        throw new ExhibitError("FILES_FAILED", "1 of 1 files failed: 1 SOURCE_CHANGED");
    });
    const [done, failed, gone] = [newId(), newId(), newId()] as [string, string, string];
    failing.add(failed);
    await engine.enqueueNew("store", [{ id: done }, { id: failed }]);
    await untilJobIs(done, "completed");
    await untilJobIs(failed, "failed");
    await engine.enqueue("store", [{ id: done }, { id: failed }, { id: gone }]);
    await record.atLeast(5);
    expect(record.seen.slice(2).sort()).toEqual([done, failed, gone].sort());
  });

  test("enqueues every job when two callers enqueue at once", async () => {
    const record = createRecord<string>();
    const failing = new Set<string>();
    work(async (id) => {
      record.add(id);
      if (failing.delete(id)) throw new ExhibitError("FILES_FAILED", "1 of 1 files failed");
    });
    const ids = Array.from({ length: 6 }, newId);
    for (const id of ids) failing.add(id);
    await engine.enqueueNew(
      "store",
      ids.map((id) => ({ id })),
    );
    for (const id of ids) await untilJobIs(id, "failed");
    const jobs = ids.map((id) => ({ id }));
    await Promise.all([engine.enqueue("store", jobs), engine.enqueue("store", jobs)]);
    for (const id of ids) await untilJobIs(id, "completed");
    expect(new Set(record.seen.slice(6))).toEqual(new Set(ids));
  });

  test("fails a job for good when only a person can help, with the message for that person", async () => {
    const id = newId();
    const record = createRecord<boolean>();
    work(async (_id, { last }) => {
      record.add(last);
      throw new ExhibitError(
        "FILES_FAILED",
        "3 of 256 files failed: 2 SOURCE_CHANGED, 1 SOURCE_UNREADABLE",
      );
    });
    await engine.enqueueNew("store", [{ id }]);
    await untilJobIs(id, "failed");
    expect(record.seen).toEqual([false]);
    const job = await storeQueue().getJob(`store-${id}`);
    const sentence = "3 of 256 files failed: 2 SOURCE_CHANGED, 1 SOURCE_UNREADABLE";
    expect(job?.failedReason).toBe(sentence);
    expect(job?.stacktrace?.join("\n")).toBe(`${sentence}\n${errorTable.FILES_FAILED.remedy}`);
    expect(failures).toContainEqual({ id: `store-${id}`, willRetry: false, message: sentence });
    // Bull Board's button does the same; it leaves only the last attempt.
    await job?.retry();
    await record.atLeast(2);
  });

  test("postpones a job without using up its attempts", async () => {
    const id = newId();
    const record = createRecord<Pick<Attempt, "last" | "postponed">>();
    work(async (_id, { last, postponed, log }) => {
      record.add({ last, postponed });
      await log(`started ${postponed}`);
      if (postponed < 2)
        throw new Postponed(10, new ExhibitError("VENDOR_THROTTLED", "kongur asks for a pause"));
    });
    await engine.enqueueNew("store", [{ id }]);
    await untilJobIs(id, "completed");
    expect(record.seen).toEqual([0, 1, 2].map((postponed) => ({ last: false, postponed })));
    const { logs } = await storeQueue().getJobLogs(`store-${id}`);
    expect(logs).toEqual(
      expect.arrayContaining(["Postponed by 1 s: kongur asks for a pause", "started 2"]),
    );
  });

  test("hands work back when the worker stops, and another worker takes it over", async () => {
    const id = newId();
    const record = createRecord<string>();
    work(async (_id, { signal }) => {
      record.add("first");
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      signal.throwIfAborted();
    });
    await engine.enqueueNew("store", [{ id }]);
    await record.atLeast(1);
    await workers.pop()?.close(0);
    work(async (_id, { last }) => record.add(`second ${last}`));
    await untilJobIs(id, "completed");
    expect(record.seen).toEqual(["first", "second false"]);
  });

  test("takes the first open shards of all imports first, so that imports run side by side", async () => {
    const [late, early, middle] = [newId(), newId(), newId()] as [string, string, string];
    await engine.enqueueNew("store", [
      { id: late, position: 900 },
      { id: early, position: 1 },
      { id: middle, position: 30 },
    ]);
    const record = createRecord<string>();
    work(async (id) => record.add(id));
    expect(await record.atLeast(3)).toEqual([early, middle, late]);
  });

  test("alternates between a new import and one that has had many turns", async () => {
    const [large, small] = [Array.from({ length: 12 }, newId), Array.from({ length: 4 }, newId)];
    const taken = createRecord<string>();
    const goOn = Promise.withResolvers<void>();
    await engine.enqueueNew(
      "store",
      large.map((id, index) => ({ id, position: index + 1 })),
    );
    work(async (id) => {
      taken.add(id);
      if (id === large[5]) await goOn.promise;
    });
    await taken.atLeast(6);
    await engine.enqueueNew(
      "store",
      small.map((id, index) => ({ id, position: index + 1 })),
    );
    goOn.resolve();
    const turns = (await taken.atLeast(16)).slice(6, 14);
    const had = (ids: string[]) => turns.filter((id) => ids.includes(id)).length;
    expect([had(large), had(small)]).toEqual([4, 4]);
  });

  /** Enqueues shards of three imports, of which each has `count`, and returns in which order they are taken. */
  async function turnsOf(
    count: number,
    before: (all: Record<Priority, string[]>) => Promise<void>,
  ) {
    const all = {
      bulk: Array.from({ length: count }, newId),
      normal: Array.from({ length: count }, newId),
      urgent: Array.from({ length: count }, newId),
    };
    await before(all);
    const record = createRecord<string>();
    work(async (id) => record.add(id));
    const taken = await record.atLeast(3 * count);
    return taken.map((id) => priorities.find((priority) => all[priority].includes(id)));
  }

  const shardsOf = (ids: readonly string[], priority: Priority) =>
    ids.map((id, index) => ({ id, position: index + 1, priority }));

  test("gives an urgent import four turns for one of a normal one, and never stops one in bulk", async () => {
    const turns = await turnsOf(16, async (all) => {
      // The urgent one comes last.
      for (const priority of ["bulk", "normal", "urgent"] as const)
        await engine.enqueueNew("store", shardsOf(all[priority], priority));
    });
    const inFirst = (count: number, of: Priority) =>
      turns.slice(0, count).filter((priority) => priority === of).length;
    expect([inFirst(21, "urgent"), inFirst(21, "normal"), inFirst(21, "bulk")]).toEqual([16, 4, 1]);
    expect(turns.lastIndexOf("urgent")).toBeLessThan(turns.lastIndexOf("normal"));
    // While the normal one has its last twelve turns, the one in bulk has three more.
    const rest = turns.slice(21, turns.lastIndexOf("normal") + 1);
    expect(rest.filter((priority) => priority === "bulk")).toHaveLength(3);
  });

  test("moves the waiting shards of an import whose priority changes", async () => {
    const turns = await turnsOf(8, async (all) => {
      for (const priority of ["normal", "urgent", "bulk"] as const)
        await engine.enqueueNew("store", shardsOf(all[priority], "normal"));
      await engine.reprioritize("store", shardsOf(all.urgent, "urgent"));
      await engine.reprioritize("store", shardsOf(all.bulk, "bulk"));
      // One that is gone is the reconciler's.
      await engine.reprioritize("store", shardsOf([newId()], "bulk"));
    });
    expect(turns.slice(0, 11).filter((priority) => priority === "urgent")).toHaveLength(8);
    expect(turns.slice(-6)).toEqual(Array(6).fill("bulk"));
  });

  test("plans folders of urgent imports first and those in bulk last, and no import all its folders before others", async () => {
    const bulk = newId();
    const normal = [newId(), newId(), newId()] as const;
    const many = [newId(), newId(), newId()] as const;
    const urgent = newId();
    await engine.enqueueNew("plan", shardsOf([bulk], "bulk"));
    await engine.enqueueNew("plan", shardsOf(many, "normal"));
    for (const id of normal) await engine.enqueueNew("plan", shardsOf([id], "normal"));
    await engine.enqueueNew("plan", shardsOf([urgent], "urgent"));
    const record = createRecord<string>();
    work(async (id) => record.add(id), 1, "plan");
    const turns = await record.atLeast(8);
    expect(turns).toEqual([urgent, many[0], ...normal, bulk, many[1], many[2]]);
  });

  test("moves a waiting folder whose import becomes urgent before the others of its round", async () => {
    const [first, second, third] = [newId(), newId(), newId()] as const;
    for (const id of [first, second, third]) await engine.enqueueNew("plan", [{ id, position: 1 }]);
    await engine.reprioritize("plan", [{ id: third, position: 1, priority: "urgent" }]);
    const record = createRecord<string>();
    work(async (id) => record.add(id), 1, "plan");
    expect(await record.atLeast(3)).toEqual([third, first, second]);
  });

  test("gives a shard that is done again the turn that it has now, not that of its first time", async () => {
    const [again, other] = [newId(), newId()] as [string, string];
    const record = createRecord<string>();
    await engine.enqueueNew("store", [{ id: again, position: 1 }]);
    work(async (id) => record.add(id));
    await record.atLeast(1);
    await untilJobIs(again, "completed");
    await workers.pop()?.close(0);
    await engine.enqueueNew("store", [{ id: other, position: 3 }]);
    await engine.enqueue("store", [{ id: again, position: 9, priority: "bulk" }]);
    work(async (id) => record.add(id));
    expect((await record.atLeast(3)).slice(1)).toEqual([other, again]);
  });

  test("enqueues newer work again when its running job is about to end", async () => {
    const [known, newer] = [newId(), newId()];
    const runs = createRecord<string>();
    const first = Promise.withResolvers<void>();
    work(async (id) => {
      runs.add(id);
      if (runs.seen.length <= 2) await first.promise;
    }, 2);
    await engine.enqueueNew("store", [{ id: known }, { id: newer }]);
    await runs.atLeast(2);
    await engine.enqueue("store", [{ id: known }]);
    const enqueued = Promise.all(
      [1, 2].map(() => engine.enqueue("store", [{ id: newer }], { isNewer: true })),
    );
    setTimeout(first.resolve, 200);
    await enqueued;
    expect(await runs.atLeast(3)).toEqual([known, newer, newer]);
  });

  test("starts a delayed job at once for newer work", async () => {
    const [known, newer] = [newId(), newId()];
    const runs = createRecord<string>();
    work(async (id, { postponed }) => {
      runs.add(id);
      if (postponed === 0)
        throw new Postponed(3_600_000, new ExhibitError("VENDOR_UNAVAILABLE", "kongur is down"));
    });
    await engine.enqueueNew("store", [{ id: known }, { id: newer, position: 3 }]);
    for (const id of [known, newer]) await untilJobIs(id, "delayed");
    await engine.enqueue("store", [{ id: known }]);
    await engine.enqueue("store", [{ id: newer, position: 3 }], { isNewer: true });
    await untilJobIs(newer, "completed");
    expect(runs.seen.slice(2)).toEqual([newer]);
    await storeQueue().remove(`store-${known}`);
  });

  const years = 900_000_000_000;

  test.each<[string, (id: string) => object, object]>([
    ["carries another id", () => ({ id: "1" }), { delay: years }],
    ["carries no id", () => ({}), { delay: years }],
    ["carries the right id, but waits for years", (id) => ({ id }), { delay: years }],
    [
      "carries the right id, but waits for an hour that nobody asked for",
      (id) => ({ id }),
      { delay: 3_600_000 },
    ],
    ["carries another id and has been refused", () => ({ id: "1" }), {}],
  ])("does the work whose job id somebody else took for a job that %s", async (_, data, more) => {
    const id = newId();
    const jobId = `store-${id}`;
    await storeQueue().add("store", data(id) as { id: string }, { jobId, ...more });
    await engine.enqueueNew("store", [{ id, position: 1 }]);
    const record = createRecord<string>();
    work(async (seen) => record.add(seen));
    if (!("delay" in more)) await untilJobIs(id, "failed");
    expect(record.seen).toEqual([]);
    await engine.enqueue("store", [{ id, position: 1 }]);
    await untilJobIs(id, "completed");
    expect(record.seen).toEqual([id]);
    expect((await storeQueue().getJob(jobId))?.opts.delay ?? 0).toBe(0);
  });

  test("does the work whose job was delayed for years after it had been started", async () => {
    const id = newId();
    const record = createRecord<number>();
    work(async (_id, { postponed }) => {
      record.add(postponed);
      if (record.seen.length > 1) return;
      throw new Postponed(3_600_000, new ExhibitError("VENDOR_UNAVAILABLE", "kongur is down"));
    });
    await engine.enqueueNew("store", [{ id }]);
    await untilJobIs(id, "delayed");
    await engine.enqueue("store", [{ id }]);
    const job = await storeQueue().getJob(`store-${id}`);
    expect(await job?.getState()).toBe("delayed");
    await job?.changeDelay(years);
    await engine.enqueue("store", [{ id }]);
    await untilJobIs(id, "completed");
    expect(record.seen).toEqual([0, 0]);
  });

  test("does nothing for a job that somebody else made, and says so", async () => {
    const record = createRecord<string>();
    work(async (id) => record.add(id));
    const job = await storeQueue().add("store", { id: "1" }, { attempts: 5 });
    while ((await job.getState()) !== "failed") await new Promise((next) => setTimeout(next, 20));
    const failed = await storeQueue().getJob(job.id ?? "");
    expect(failed?.failedReason).toContain(`Exhibit didn't make this job: its id is "${job.id}"`);
    expect(failed?.attemptsMade).toBe(1);
    expect(record.seen).toEqual([]);
  });

  test("never delays a job for longer than a day, whatever is requested", async () => {
    const id = newId();
    work(async () => {
      throw new Postponed(years, new ExhibitError("STORE_THROTTLED", "OSS asks for 28 years"));
    });
    await engine.enqueueNew("store", [{ id }]);
    await untilJobIs(id, "delayed");
    expect((await storeQueue().getJob(`store-${id}`))?.delay).toBeLessThanOrEqual(86_400_000);
    await storeQueue().remove(`store-${id}`);
  });

  test("never starts a second job beside one that goes on, even for newer work", async () => {
    const id = newId();
    const runs = createRecord<string>();
    const end = Promise.withResolvers<void>();
    work(async (seen) => {
      runs.add(seen);
      await end.promise;
    }, 2);
    await engine.enqueueNew("store", [{ id }]);
    await runs.atLeast(1);
    await engine.enqueue("store", [{ id }], { isNewer: true });
    expect(await storeQueue().getJobCountByTypes("wait", "prioritized", "delayed")).toBe(0);
    end.resolve();
    await untilJobIs(id, "completed");
    expect(runs.seen).toEqual([id]);
  });

  test("counts a job's starts, and starts over when it is retried or enqueued after its end", async () => {
    const id = newId();
    const starts = createRecord<number>();
    work(async (_id, attempt) => {
      starts.add(attempt.starts);
      if (attempt.starts === 1)
        throw new Postponed(10, new ExhibitError("VENDOR_THROTTLED", "kongur asks for a pause"));
      throw new ExhibitError("FILES_FAILED", "1 of 1 files failed");
    });
    await engine.enqueueNew("store", [{ id }]);
    await untilJobIs(id, "failed");
    await engine.enqueue("store", [{ id }]);
    expect(await starts.atLeast(4)).toEqual([1, 2, 1, 2]);
  });

  test("runs a queue's own job by a schedule", async () => {
    const record = createRecord<string>();
    workers.push(
      engine.work("reconcile", async (id) => record.add(id), {
        concurrency: 1,
        onError() {},
        onFailed() {},
      }),
    );
    await engine.schedule("reconcile", 100);
    expect((await record.atLeast(2)).slice(0, 2)).toEqual(["reconcile", "reconcile"]);
  });
});

test("An engine whose Redis can't be reached says so", async () => {
  const { openRedisEngine } = await import("../../src/index.ts");
  await expect(openRedisEngine("redis://127.0.0.1:1")).rejects.toMatchObject({
    code: "SERVICE_UNREACHABLE",
  });
});
