import { expect, test } from "vitest";
import { eachAtOnce } from "../../src/verification/each-at-once.ts";

const { signal } = new AbortController();

test("works on so many at once, and on each once", async () => {
  let [running, most] = [0, 0];
  const done: number[] = [];
  await eachAtOnce([1, 2, 3, 4, 5], { atOnce: 2, rate: null, signal }, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    done.push(item);
  });
  expect([most, done.sort()]).toEqual([2, [1, 2, 3, 4, 5]]);
});

test("begins nothing more once something failed, and throws that", async () => {
  const begun: number[] = [];
  const failure = new Error("no");
  const all = eachAtOnce([1, 2, 3, 4], { atOnce: 1, rate: null, signal }, async (item) => {
    begun.push(item);
    if (item === 2) throw failure;
  });
  await expect(all).rejects.toBe(failure);
  expect(begun).toEqual([1, 2]);
});

test("keeps to its rate", async () => {
  const began = performance.now();
  await eachAtOnce([1, 2, 3, 4, 5], { atOnce: 5, rate: 100, signal }, async () => {});
  expect(performance.now() - began).toBeGreaterThan(38);
});
