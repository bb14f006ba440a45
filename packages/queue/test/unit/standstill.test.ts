import { expect, test } from "vitest";
import { watchStandstills } from "../../src/standstill.ts";

function block(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

test("a process that stood still is told of at the very next question", () => {
  const watch = watchStandstills(50);
  const before = watch.count;
  block(60);
  expect(watch.count).toBe(before + 1);
  expect(watch.count).toBe(before + 1);
  watch.stop();
});

test("a pause that is within the limit is none", () => {
  const watch = watchStandstills(60_000);
  block(60);
  expect(watch.count).toBe(0);
  watch.stop();
});
