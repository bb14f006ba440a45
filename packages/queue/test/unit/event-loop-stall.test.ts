import { expect, test } from "vitest";
import { watchStalls } from "../../src/event-loop-stall.ts";

function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

test("a stall is counted as soon as the count is read", () => {
  const watch = watchStalls(50);
  const before = watch.count;
  block(60);
  expect(watch.count).toBe(before + 1);
  expect(watch.count).toBe(before + 1);
  watch.stop();
});

test("a pause within the limit isn't a stall", () => {
  const watch = watchStalls(60_000);
  block(60);
  expect(watch.count).toBe(0);
  watch.stop();
});
