import { expect, it } from "vitest";
import { createSharedMemory } from "../../src/reading/shared-memory.ts";

it("uses memory again that was given back, and only then", () => {
  const memory = createSharedMemory(1024 * 1024);
  const [one, two] = [memory.take(10_000), memory.take(9_000)];
  expect(one.bytes).toHaveLength(10_000);
  expect(two.bytes.buffer).not.toBe(one.bytes.buffer);
  one.release();
  one.release();
  const three = memory.take(16_000);
  expect(three.bytes).toHaveLength(16_000);
  expect(three.bytes.buffer).toBe(one.bytes.buffer);
  expect(memory.take(16_000).bytes.buffer).not.toBe(one.bytes.buffer);
});

it("keeps no more than it may", () => {
  const memory = createSharedMemory(16_384);
  const pieces = [memory.take(16_384), memory.take(16_384)];
  for (const piece of pieces) piece.release();
  const again = [memory.take(16_384), memory.take(16_384)].map(({ bytes }) => bytes.buffer);
  expect(
    again.filter((buffer) => pieces.some(({ bytes }) => bytes.buffer === buffer)),
  ).toHaveLength(1);
});
