import { appRoutes } from "@bull-board/api/dist/routes.js";
import { PGlite } from "@electric-sql/pglite";
import { ExhibitError } from "@exhibit/contracts";
import { type Engine, openEmbeddedEngine, type WorkerHandle } from "@exhibit/queue";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { bearer } from "../fake-door.ts";
import { anyScope, startApi } from "../fake-imports.ts";

let pglite: PGlite;
let engine: Engine;
let api: Awaited<ReturnType<typeof startApi>>;
let worker: WorkerHandle | undefined;
let labels: (queue: string, ids: readonly string[]) => Promise<Map<string, string>>;
let workers = 0;
beforeAll(async () => {
  pglite = await PGlite.create();
  engine = await openEmbeddedEngine(pglite);
  labels = async () => new Map();
  const bandwidth = {
    get: async () => ({ limit: "off", bytes_per_second: null, workers, changes: [] }),
    set: () => Promise.reject(new Error("nobody sets it here")),
  };
  api = await startApi({
    queues: engine.queues,
    labels: (queue, ids) => labels(queue, ids),
    bandwidth: anyScope(bandwidth),
  });
  // A database that nobody has made yet takes its time on a busy machine.
}, 120_000);
afterAll(async () => {
  await worker?.close(0);
  await api.app.close();
  await engine.close();
  await pglite.close();
});

it("shows its page and the queues", async () => {
  const page = await api.app.inject("/queues/");
  expect(page.statusCode).toBe(200);
  expect(page.body).toContain("<title>Exhibit</title>");
  const answer = await api.app.inject("/queues/api/queues");
  const names = answer.json().queues.map(({ name }: { name: string }) => name);
  expect(names).toEqual(engine.queues.map(({ name }) => name));
});

function storeQueue() {
  const queue = engine.queues.find(({ name }) => name === "store");
  if (!queue) throw new Error("no store queue");
  return queue;
}

async function shown(activeQueue = "store") {
  const answer = await api.app.inject(
    `/queues/api/queues?activeQueue=${activeQueue}&status=latest`,
  );
  const { queues } = answer.json() as {
    queues: { name: string; hasWorkers: boolean | null; jobs: { id: string; name: string }[] }[];
  };
  return queues.find(({ name }) => name === activeQueue);
}

it.each([
  ["", "queues/"],
  ["/", "./"],
  ["/queue/store?status=failed", "../"],
  ["/queue/store/store-7", "../../"],
])("gives the page /queues%s its own place relative to it: %s", async (path, base) => {
  const { body } = await api.app.inject(`/queues${path}`);
  expect(body).toContain(`<base href="${base}" /><script src="base.js"></script>`);
  expect(new URL(base, `http://x/exhibit/queues${path}`).pathname).toBe("/exhibit/queues/");
  expect(body).not.toMatch(/(?:src|href)="\//);
  expect((await api.app.inject("/queues/base.js")).headers["content-type"]).toContain("javascript");
});

describe("What Bull Board can do", () => {
  /** Of its own table: a later version's new acts are in it. */
  const unsafe = appRoutes.api.flatMap(({ method, route }) =>
    [method].flat().flatMap((one) => (one === "get" ? [] : [`${one} ${[route].flat()[0]}`])),
  );
  const offered = [
    "put /api/queues/resume",
    "put /api/queues/:queueName/retry/:queueStatus",
    "put /api/queues/:queueName/promote",
    "put /api/queues/:queueName/clean/:queueStatus",
    "put /api/queues/:queueName/resume",
    "put /api/queues/:queueName/:jobId/retry",
    "put /api/queues/:queueName/:jobId/clean",
    "put /api/queues/:queueName/:jobId/promote",
  ];

  it("is to retry, remove and promote jobs, and to let a paused queue go on: nothing else", async () => {
    expect(offered.filter((act) => !unsafe.includes(act))).toEqual([]);
    await engine.enqueueNew("store", [{ id: "1" }]);
    const before = await storeQueue().getJob("store-1");
    const payload = {
      name: "store",
      data: { id: "2" },
      jobData: { id: "2" },
      options: { jobId: "store-9", delay: 900_000_000_000 },
      runAt: 9_000_000_000_000,
      priority: 2_097_151,
      concurrency: 1,
      max: 1,
      duration: 9_000_000_000,
      force: true,
      every: 9_000_000_000,
    };
    for (const act of unsafe.filter((one) => !offered.includes(one))) {
      const [method = "", route = ""] = act.split(" ");
      const path = route
        .replace(":queueName", "store")
        .replace(":jobId", "store-1")
        .replace(":schedulerId", "reconcile");
      const answer = await api.app.inject({
        method: method.toUpperCase() as "PUT",
        url: `/queues${path}`,
        payload,
      });
      expect([act, answer.statusCode]).toEqual([act, 404]);
      // In Bull Board's own form, which its page shows.
      expect(answer.json()).toEqual({ error: expect.stringContaining("exhibit pause") });
    }
    const job = await storeQueue().getJob("store-1");
    expect(job?.data).toEqual({ id: "1" });
    expect(job?.priority).toBe(before?.priority);
    expect(await job?.getState()).toBe(await before?.getState());
    expect(await storeQueue().isPaused()).toBe(false);
    expect(await storeQueue().getGlobalConcurrency()).toBeNull();
    expect(await storeQueue().getJob("store-9")).toBeUndefined();
  });
});

describe("Who may use Bull Board", () => {
  const ask = (key: string, url = "/queues/api/queues") =>
    api.injectAsIs({ url, headers: bearer(key) });
  const press = (key: string, path: string) =>
    api.injectAsIs({ method: "PUT", url: `/queues/api/queues/${path}`, headers: bearer(key) });
  const isReadOnly = async (key: string) => {
    const { queues } = (await ask(key)).json() as { queues: { readOnlyMode: boolean }[] };
    return [...new Set(queues.map(({ readOnlyMode }) => readOnlyMode))];
  };

  it("only looks as a viewer or producer, and acts from ops on: each sees it so", async () => {
    for (const key of ["viewer", "producer"]) {
      expect(await isReadOnly(key)).toEqual([true]);
      const answer = await press(key, "store/promote");
      expect(answer.statusCode).toBe(403);
      expect(answer.json()).toMatchObject({ code: "AUTH_FORBIDDEN" });
    }
    expect(api.boardActs).toEqual([]);
    for (const key of ["ops", "admin"]) {
      expect(await isReadOnly(key)).toEqual([false]);
      expect((await press(key, "store/promote")).statusCode).toBe(200);
    }
    // Many at once don't take one another's role.
    const keys = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? "viewer" : "ops"));
    const seen = await Promise.all(keys.map(isReadOnly));
    expect(seen).toEqual(keys.map((key) => [key === "viewer"]));
  });

  it("isn't limited to some cases or vendors, because the jobs are of all", async () => {
    for (const key of ["narrow", "narrow-ops"]) {
      for (const url of [
        "/queues/",
        "/queues/api/queues",
        "/queues/api/queues/store/store-1/logs",
      ]) {
        const answer = await ask(key, url);
        expect([url, answer.statusCode]).toEqual([url, 403]);
        expect(answer.json().detail).toContain(`key:${key} is limited`);
      }
      expect((await press(key, "store/promote")).statusCode).toBe(403);
    }
  });
});

describe("What a person does in Bull Board", () => {
  it.each([
    ["store/store-1/retry", { action: "retry", queue: "store", job: "store-1", status: null }],
    ["store/store-1/promote", { action: "promote", queue: "store", job: "store-1", status: null }],
    ["plan/plan-1/clean", { action: "remove", queue: "plan", job: "plan-1", status: null }],
    ["store/retry/failed", { action: "retry", queue: "store", job: null, status: "failed" }],
    ["store/clean/failed", { action: "remove", queue: "store", job: null, status: "failed" }],
    ["seal/promote", { action: "promote", queue: "seal", job: null, status: null }],
    ["seal/resume", { action: "resume", queue: "seal", job: null, status: null }],
    ["resume", { action: "resume", queue: null, job: null, status: null }],
  ])("is on record with who did it: %s", async (path, act) => {
    const url = `/queues/api/queues/${path}`;
    await api.injectAsIs({ method: "PUT", url, headers: bearer("ops") });
    expect(api.boardActs.at(-1)).toEqual({ act, who: "key:ops" });
  });

  it("isn't done when it can't be recorded", async () => {
    const other = await startApi({
      queues: engine.queues,
      recordBoardAct: () =>
        Promise.reject(new ExhibitError("SERVICE_UNREACHABLE", "The ledger doesn't answer.")),
    });
    onTestFinished(() => other.app.close());
    await engine.enqueueNew("store", [{ id: "5" }]);
    const url = "/queues/api/queues/store/store-5/clean";
    const answer = await other.app.inject({ method: "PUT", url });
    expect(answer.statusCode).toBe(503);
    expect(await storeQueue().getJob("store-5")).toBeDefined();
    await api.app.inject({ method: "PUT", url });
    expect(await storeQueue().getJob("store-5")).toBeUndefined();
  });

  it("is recorded for no look at it, and for nothing that is refused", async () => {
    const before = api.boardActs.length;
    await shown();
    await api.app.inject("/queues/api/queues/store/store-1/logs");
    await api.app.inject({ method: "PUT", url: "/queues/api/queues/store/pause" });
    expect(api.boardActs).toHaveLength(before);
  });
});

describe("A job", () => {
  it("says what it stands for, and carries an id", async () => {
    const label = "E-77, kongur suit_id=1001, import 0f8f";
    labels = async (queue, ids) => new Map(queue === "store" ? ids.map((id) => [id, label]) : []);
    const [job] = (await shown())?.jobs ?? [];
    expect(job).toMatchObject({ id: "store-1", name: label, data: { id: "1" } });
    const one = (await api.app.inject("/queues/api/queues/store/store-1")).json();
    expect(one.job).toMatchObject({ name: label, data: { id: "1" } });
    expect((await storeQueue().getJob("store-1"))?.name).toBe("store");
  });

  it("is shown by its queue's name when the ledger is away", async () => {
    labels = () => Promise.reject(new Error("the ledger is away"));
    expect((await shown())?.jobs).toMatchObject([{ id: "store-1", name: "store" }]);
  });
});

it("doesn't say that there are no workers while some live in this process", async () => {
  labels = async () => new Map();
  expect((await shown())?.hasWorkers).toBe(false);
  workers = 1;
  expect((await shown())?.hasWorkers).toBeNull();
  await (await storeQueue().getJob("store-1"))?.remove();
});

it("retries a failed job by its button", async () => {
  const queue = storeQueue();
  const attempts: (() => void)[] = [];
  const attempted = [0, 1].map(() => new Promise<void>((resolve) => attempts.push(resolve)));
  let fails = true;
  worker = engine.work(
    "store",
    async () => {
      attempts.shift()?.();
      if (fails) throw new Error("3 of 256 files failed");
    },
    { concurrency: 1, onError: () => {}, onFailed: () => {} },
  );
  const job = await queue.add("store", { id: "7" }, { attempts: 1, jobId: "store-7" });
  await attempted[0];
  while ((await job?.getState()) !== "failed") await new Promise(setImmediate);
  fails = false;
  const answer = await api.app.inject({
    method: "PUT",
    url: "/queues/api/queues/store/store-7/retry",
  });
  expect(answer.statusCode).toBe(204);
  await attempted[1];
  while ((await job?.getState()) === "active") await new Promise(setImmediate);
  expect(await job?.getState()).toBe("completed");
});

it.each(["store-8/retry", "retry/failed"])(
  "gives a job that has used up its attempts all of them again by %s",
  async (button) => {
    await worker?.close(0);
    const queue = storeQueue();
    const lasts: boolean[] = [];
    worker = engine.work(
      "store",
      async (_id, { last }) => {
        lasts.push(last);
        throw new Error("EIO");
      },
      { concurrency: 1, onError: () => {}, onFailed: () => {} },
    );
    const job = await queue.add("store", { id: "8" }, { attempts: 2, jobId: "store-8" });
    const usedUp = async (times: number) => {
      while (lasts.length < times || (await job?.getState()) !== "failed") {
        await new Promise(setImmediate);
      }
    };
    await usedUp(2);
    const answer = await api.app.inject({
      method: "PUT",
      url: `/queues/api/queues/store/${button}`,
    });
    expect(answer.statusCode).toBeLessThan(300);
    await usedUp(4);
    expect(lasts).toEqual([false, true, false, true]);
    await job?.remove();
  },
);
