import { expect, test } from "vitest";
import { createSortedBatches } from "../../src/planning/sorted-batches.ts";

const fileOf = (number: number) => ({ path: `${number}`.padStart(6, "0"), size: 1, modifiedAt: 1 });

test("The first batch is one shard, and each later one is twice as large, up to eight shards", () => {
  const batches = createSortedBatches();
  const given: number[] = [];
  for (let number = 0; number < 10_000; number += 1) {
    const files = batches.add(fileOf(number));
    if (files.length > 0) given.push(files.length);
  }
  expect(given).toEqual([256, 512, 1024, 2048, 2048, 2048, 2048]);
  expect(batches.rest()).toHaveLength(10_000 - 9984);
  expect(batches.rest()).toEqual([]);
});

test("Batches are sorted by path, whatever the order of the files was, and have each file once", () => {
  const batches = createSortedBatches();
  const numbers = Array.from({ length: 700 }, (_, index) => (index * 389) % 700);
  const given = numbers
    .map((number) => batches.add(fileOf(number)))
    .filter(({ length }) => length > 0);
  const groups = [...given, batches.rest()];
  for (const files of groups) {
    const paths = files.map(({ path }) => path);
    expect(paths).toEqual([...paths].sort());
  }
  expect(
    groups
      .flat()
      .map(({ path }) => Number(path))
      .sort((a, b) => a - b),
  ).toEqual([...numbers].sort((a, b) => a - b));
});
