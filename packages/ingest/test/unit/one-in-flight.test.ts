import { expect, test, vi } from "vitest";
import { oneInFlight } from "../../src/planning/one-in-flight.ts";

test("Work begins when the work before it has ended, and goes on while the next is prepared", async () => {
  const adding = oneInFlight();
  const { promise, resolve } = Promise.withResolvers<void>();
  const order: string[] = [];
  await adding.begin(async () => {
    await promise;
    order.push("first");
  });
  const second = adding.begin(async () => {
    order.push("second");
  });
  order.push("prepared");
  resolve();
  await second;
  await adding.end();
  expect(order).toEqual(["prepared", "first", "second"]);
});

test("Nothing is begun after work that failed; whoever begins or ends next gets its error", async () => {
  const adding = oneInFlight();
  const fault = new Error("The ledger is away.");
  await adding.begin(() => Promise.reject(fault));
  const next = vi.fn(async () => {});
  await expect(adding.begin(next)).rejects.toBe(fault);
  await expect(adding.end()).rejects.toBe(fault);
  expect(next).not.toHaveBeenCalled();
});
