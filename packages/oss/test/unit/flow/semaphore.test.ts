import { expect, it } from "vitest";
import { createRoom } from "../../../src/flow/semaphore.ts";

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

it("lets in as many as there are places, in the order in which they came, also when places are added", async () => {
  let places = 1;
  const room = createRoom(() => places);
  const tasks = [task(), task(), task(), task()];
  const done = tasks.map(({ work }) => room.pass(work, undefined));
  const running = () => tasks.map(({ isRunning }) => isRunning);
  await Promise.resolve();
  expect(running()).toEqual([true, false, false, false]);
  expect(room).toMatchObject({ taken: 1, isFull: true });
  places = 2;
  tasks[0]?.end();
  await done[0];
  await Promise.resolve();
  expect(running()).toEqual([true, true, true, false]);
  for (const { end } of tasks) end();
  await Promise.all(done);
  expect(room).toMatchObject({ taken: 0, isFull: false });
});

it("forgets who is aborted while waiting, and gives a place back that work left by an error", async () => {
  const room = createRoom(() => 1);
  const first = task();
  const stop = new AbortController();
  const failing = room.pass(
    () => first.work().then(() => Promise.reject(new Error("boom"))),
    undefined,
  );
  const waiting = room.pass(task().work, stop.signal);
  stop.abort(new Error("cancelled"));
  await expect(waiting).rejects.toMatchObject({ code: "INTERRUPTED" });
  await expect(room.pass(task().work, stop.signal)).rejects.toMatchObject({ code: "INTERRUPTED" });
  first.end();
  await expect(failing).rejects.toThrow("boom");
  expect(room).toMatchObject({ taken: 0, isFull: false });
});
