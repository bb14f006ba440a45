import { expect, test, vi } from "vitest";
import { oneInFlight } from "../../src/planning/one-in-flight.ts";
import { createSortedBatches } from "../../src/planning/sorted-batches.ts";

const fileOf = (number: number) => ({ path: `${number}`.padStart(6, "0"), size: 1, modifiedAt: 1 });

test("The first files are given as soon as there is a shard of them, then more at a time, up to eight shards", () => {
  const gathered = createSortedBatches();
  const given: number[] = [];
  for (let number = 0; number < 10_000; number += 1) {
    const files = gathered.add(fileOf(number));
    if (files.length > 0) given.push(files.length);
  }
  expect(given).toEqual([256, 512, 1024, 2048, 2048, 2048, 2048]);
  expect(gathered.rest()).toHaveLength(10_000 - 9984);
  expect(gathered.rest()).toEqual([]);
});

test("Files are given sorted by path, whatever their order was, and none twice", () => {
  const gathered = createSortedBatches();
  const numbers = Array.from({ length: 700 }, (_, index) => (index * 389) % 700);
  const given = numbers
    .map((number) => gathered.add(fileOf(number)))
    .filter(({ length }) => length > 0);
  const groups = [...given, gathered.rest()];
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

test("Work begins when the work before it has ended, and goes on while the next is made ready", async () => {
  const behind = oneInFlight();
  const { promise, resolve } = Promise.withResolvers<void>();
  const order: string[] = [];
  await behind.begin(async () => {
    await promise;
    order.push("first");
  });
  const second = behind.begin(async () => {
    order.push("second");
  });
  order.push("made ready");
  resolve();
  await second;
  await behind.end();
  expect(order).toEqual(["made ready", "first", "second"]);
});

test("Nothing is begun after work that failed; whoever begins or ends next gets why", async () => {
  const behind = oneInFlight();
  const fault = new Error("The ledger is away.");
  await behind.begin(() => Promise.reject(fault));
  const next = vi.fn(async () => {});
  await expect(behind.begin(next)).rejects.toBe(fault);
  await expect(behind.end()).rejects.toBe(fault);
  expect(next).not.toHaveBeenCalled();
});
