import { PGlite } from "@electric-sql/pglite";
import { type Engine, openEmbeddedEngine, type WorkerHandle } from "@exhibit/queue";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startApi } from "../fake-imports.ts";

let pglite: PGlite;
let engine: Engine;
let api: Awaited<ReturnType<typeof startApi>>;
let worker: WorkerHandle | undefined;
beforeAll(async () => {
  pglite = await PGlite.create();
  engine = await openEmbeddedEngine(pglite);
  api = await startApi({ queues: engine.queues });
});
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

it("retries a failed job by its button", async () => {
  const queue = engine.queues.find(({ name }) => name === "store");
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
  const job = await queue?.add("store", { id: "7" }, { attempts: 1, jobId: "store-7" });
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
    const queue = engine.queues.find(({ name }) => name === "store");
    const lasts: boolean[] = [];
    worker = engine.work(
      "store",
      async (_id, { last }) => {
        lasts.push(last);
        throw new Error("EIO");
      },
      { concurrency: 1, onError: () => {}, onFailed: () => {} },
    );
    const job = await queue?.add("store", { id: "8" }, { attempts: 2, jobId: "store-8" });
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
