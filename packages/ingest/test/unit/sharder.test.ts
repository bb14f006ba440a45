import fc from "fast-check";
import { expect, test } from "vitest";
import { createSharder, SHARD_BYTES, SHARD_FILES } from "../../src/planning/sharder.ts";

const file = (size: number, index = 0) => ({ path: `${index}`, size, modifiedAt: 0 });

test("Every file is in one shard, and every shard keeps both limits unless it is one file that is too large", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.nat(1000), fc.nat(2 * SHARD_BYTES)), { maxLength: 1500 }),
      (sizes) => {
        const sharder = createSharder();
        const files = sizes.map(file);
        const shards = [...files.flatMap((entry) => sharder.add(entry)), ...sharder.rest()];
        expect(new Set(shards.flat())).toEqual(new Set(files));
        expect(shards.flat()).toHaveLength(files.length);
        for (const shard of shards) {
          expect(shard.length).toBeGreaterThan(0);
          expect(shard.length).toBeLessThanOrEqual(SHARD_FILES);
          const bytes = shard.reduce((sum, { size }) => sum + size, 0);
          expect(bytes <= SHARD_BYTES || shard.length === 1).toBe(true);
        }
      },
    ),
  );
});

test("A shard is returned as soon as it is full, so that its upload can begin", () => {
  const sharder = createSharder();
  const given = Array.from({ length: SHARD_FILES }, (_, index) => sharder.add(file(1, index)));
  expect(given.slice(0, -1).flat()).toEqual([]);
  expect(given.at(-1)).toHaveLength(1);
  expect(sharder.rest()).toEqual([]);
});

test("A file that is too large for a shard has one of its own at once, and those around it stay together", () => {
  const sharder = createSharder();
  const [before, large, after] = [file(1), file(SHARD_BYTES + 1), file(2)];
  expect(sharder.add(before)).toEqual([]);
  expect(sharder.add(large)).toEqual([[large]]);
  expect(sharder.add(after)).toEqual([]);
  expect(sharder.rest()).toEqual([[before, after]]);
});
