import { expect, it, vi } from "vitest";
import { boundHeap } from "../../src/bounded-heap.ts";

const MiB = 1024 * 1024;
const used = () => process.memoryUsage().heapUsed;

it("has garbage collected that V8 would let lie", async () => {
  const before = used();
  const stop = boundHeap(before + 30 * MiB);
  try {
    let kept: object[] = Array.from({ length: 1_000_000 }, (_, i) => ({ number: i, half: i / 2 }));
    expect(used()).toBeGreaterThan(before + 30 * MiB);
    kept = kept.slice(0, 1);
    await vi.waitFor(() => expect(used()).toBeLessThan(before + 25 * MiB), 10_000);
    expect(kept).toHaveLength(1);
  } finally {
    stop();
  }
});
