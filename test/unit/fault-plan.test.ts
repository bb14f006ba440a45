import { expect, test } from "vitest";
import { planFaults } from "../faults/fault-plan.ts";
import { faults } from "../faults/kinds/index.ts";

const plan = planFaults(faults, { seed: 7, minutes: 20 });

test("the same seed gives the same plan, another one another", () => {
  expect(planFaults(faults, { seed: 7, minutes: 20 })).toEqual(plan);
  expect(planFaults(faults, { seed: 8, minutes: 20 })).not.toEqual(plan);
});

test("twenty minutes hold more than 200 faults, of every kind", () => {
  expect(plan.length).toBeGreaterThan(200);
  expect(new Set(plan.map(({ fault }) => fault.kind))).toEqual(
    new Set(faults.map(({ kind }) => kind)),
  );
});

test("one thing has one fault at a time, and all faults end with the run", () => {
  for (const target of new Set(faults.map((fault) => fault.target))) {
    const own = plan.filter(({ fault }) => fault.target === target);
    own.forEach(({ at }, index) => {
      const before = own[index - 1];
      if (before) expect(at).toBeGreaterThan(before.at + before.lasts);
    });
  }
  for (const { at, lasts } of plan) expect(at + lasts).toBeLessThanOrEqual(20 * 60_000);
});
