import { expect, it } from "vitest";
import { createSemaphore } from "../../../src/flow/semaphore.ts";

/** Work that ends when the test says so. */
function task() {
  const { promise, resolve } = Promise.withResolvers<void>();
  let isRunning = false;
  const work = () => {
    isRunning = true;
    return promise;
  };
  return {
    work,
    end: resolve,
    get isRunning() {
      return isRunning;
    },
  };
}

it("admits as much work as its limit allows, first come, first served, also when the limit grows", async () => {
  let limit = 1;
  const semaphore = createSemaphore(() => limit);
  const tasks = [task(), task(), task(), task()];
  const done = tasks.map(({ work }) => semaphore.run(work, undefined));
  const running = () => tasks.map(({ isRunning }) => isRunning);
  await Promise.resolve();
  expect(running()).toEqual([true, false, false, false]);
  expect(semaphore).toMatchObject({ running: 1, hasWaiters: true });
  limit = 2;
  tasks[0]?.end();
  await done[0];
  await Promise.resolve();
  expect(running()).toEqual([true, true, true, false]);
  for (const { end } of tasks) end();
  await Promise.all(done);
  expect(semaphore).toMatchObject({ running: 0, hasWaiters: false });
});

it("forgets work that is aborted while it waits, and frees the place of work that fails", async () => {
  const semaphore = createSemaphore(() => 1);
  const first = task();
  const stop = new AbortController();
  const failing = semaphore.run(
    () => first.work().then(() => Promise.reject(new Error("boom"))),
    undefined,
  );
  const waiting = semaphore.run(task().work, stop.signal);
  stop.abort(new Error("cancelled"));
  await expect(waiting).rejects.toMatchObject({ code: "INTERRUPTED" });
  await expect(semaphore.run(task().work, stop.signal)).rejects.toMatchObject({
    code: "INTERRUPTED",
  });
  first.end();
  await expect(failing).rejects.toThrow("boom");
  expect(semaphore).toMatchObject({ running: 0, hasWaiters: false });
});
