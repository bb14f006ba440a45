import { expect, it } from "vitest";
import { createReaderPool } from "../../src/threads/reader-pool.ts";
import type { ReaderThread } from "../../src/threads/reader-thread.ts";

/** A thread that is in the state that the test says. */
interface Told {
  busy: number;
  pace: number;
  idle: number;
  stopped: boolean;
}

function readersHere() {
  const threads: Told[] = [];
  const start = () => {
    const told: Told & Pick<ReaderThread, "stop"> = {
      ...{ busy: 0, pace: 0, idle: 0, stopped: false },
      async stop() {
        told.stopped = true;
      },
    };
    threads.push(told);
    return told as unknown as ReaderThread;
  };
  const readers = createReaderPool(4096, { start });
  return { threads, borrow: () => readers.borrow() as unknown as Told };
}

it("uses one thread for a disk that answers at once, however much there is to do", () => {
  const { threads, borrow } = readersHere();
  borrow().busy = 100;
  expect(borrow()).toBe(threads[0]);
  expect(threads).toHaveLength(1);
});

it("starts up to four for a slow disk when the others have enough to do, and takes the least busy", () => {
  const { threads, borrow } = readersHere();
  for (let count = 1; count <= 4; count += 1) {
    Object.assign(borrow(), { busy: 7, pace: 20 });
    expect(borrow()).toBe(threads[count - 1]);
    for (const thread of threads) thread.busy = 8;
  }
  expect(threads).toHaveLength(4);
  Object.assign(threads[2] as Told, { busy: 7 });
  expect(borrow()).toBe(threads[2]);
  expect(threads).toHaveLength(4);
});

it("gives them no more work once the disk is fast, and ends those that have been idle for a while", () => {
  const { threads, borrow } = readersHere();
  for (let count = 1; count <= 3; count += 1) Object.assign(borrow(), { busy: 8, pace: 20 });
  const [first, second, third] = threads as [Told, Told, Told];
  first.pace = 1;
  second.busy = 0;
  expect(borrow()).toBe(first);
  expect(second.stopped).toBe(false);
  second.idle = 60_000;
  expect(borrow()).toBe(first);
  expect([first, second, third].map(({ stopped }) => stopped)).toEqual([false, true, false]);
  // One that still reads is used again if need be.
  first.pace = 20;
  third.busy = 3;
  expect(borrow()).toBe(third);
});
