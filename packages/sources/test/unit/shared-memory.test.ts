import * as fc from "fast-check";
import { expect, it } from "vitest";
import { bytesAt, createSharedMemory, type SharedBytes } from "../../src/threads/shared-memory.ts";

it("uses memory again once it is released, and not before", () => {
  const memory = createSharedMemory(1024 * 1024);
  const [one, two] = [memory.take(10_000), memory.take(9_000)];
  expect(one.bytes).toHaveLength(10_000);
  expect(two.slice.at).not.toBe(one.slice.at);
  one.release();
  one.release();
  const three = memory.take(12_000);
  expect(three.bytes).toHaveLength(12_000);
  expect(three.slice.at).toBe(one.slice.at);
  expect(memory.take(12_000).slice.at).not.toBe(three.slice.at);
});

it("shows a thread the same bytes", () => {
  const memory = createSharedMemory(8192);
  const pieces = [memory.take(5000), memory.take(9000)];
  for (const { bytes, slice } of pieces) {
    bytes.fill("seen");
    expect(bytesAt(memory.whole, slice).equals(bytes)).toBe(true);
  }
});

it("allocates memory for a slice that fits no gap, and for no other", () => {
  const memory = createSharedMemory(16_384);
  const first = memory.take(8192);
  expect(memory.take(8193).slice.overflow).toBeDefined();
  const rest = memory.take(8192);
  expect(rest.slice.overflow).toBeUndefined();
  expect(memory.take(1).slice.overflow).toBeDefined();
  first.release();
  rest.release();
  expect(memory.take(16_384).slice.overflow).toBeUndefined();
});

it("hands out no byte twice, and joins all gaps again", () => {
  const size = 64 * 4096;
  const acts = fc.array(fc.oneof(fc.nat(size / 4), fc.record({ release: fc.nat() })), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(acts, (these) => {
      const memory = createSharedMemory(size);
      const held: { piece: SharedBytes; mark: number }[] = [];
      const check = ({ piece, mark }: (typeof held)[number]) =>
        expect(piece.bytes.every((byte) => byte === mark)).toBe(true);
      these.forEach((act, index) => {
        if (typeof act === "number") {
          const mark = index % 256;
          const piece = memory.take(act);
          piece.bytes.fill(mark);
          held.push({ piece, mark });
        } else if (held.length > 0) {
          const [ended] = held.splice(act.release % held.length, 1);
          if (!ended) return;
          check(ended);
          ended.piece.release();
        }
      });
      held.forEach(check);
      for (const { piece } of held) piece.release();
      expect(memory.take(size).slice).toEqual({ at: 0, length: size });
    }),
  );
});
