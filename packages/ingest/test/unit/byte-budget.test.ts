import { expect, test } from "vitest";
import { createByteBudget } from "../../src/storing/byte-budget.ts";

test("No more bytes are held at once than there are, and those who wait get them in order", async () => {
  const budget = createByteBudget(10);
  const order: string[] = [];
  const note = (name: string, free: () => void) => {
    order.push(name);
    return free;
  };
  const freeFirst = await budget.acquire(6);
  const second = Promise.resolve(budget.acquire(6)).then((free) => note("second", free));
  const third = Promise.resolve(budget.acquire(1)).then((free) => note("third", free));
  await Promise.resolve();
  expect(order).toEqual([]);
  freeFirst();
  freeFirst(); // releasing twice releases once
  (await second)();
  (await third)();
  expect(order).toEqual(["second", "third"]);
});

test("A request beyond the whole budget is granted when nothing else is held", async () => {
  const budget = createByteBudget(10);
  const free = await budget.acquire(1000);
  let granted = false;
  const next = Promise.resolve(budget.acquire(1)).then((release) => {
    granted = true;
    release();
  });
  await Promise.resolve();
  expect(granted).toBe(false);
  free();
  await next;
});
