import { afterAll, beforeAll, expect, test } from "vitest";
import { type House, openHouse } from "./house.ts";
import { runScenario } from "./run-scenario.ts";
import { scenarios } from "./scenarios/index.ts";

// The short form of `npm run faults`: one house, and the scenarios that take little time.
const SEED = 4;
let house: House;

beforeAll(async () => {
  house = await openHouse({ workers: 2 });
});
afterAll(() => house[Symbol.asyncDispose]());

test.each(scenarios.filter(({ isShort }) => isShort))("$name: $about", async (scenario) => {
  const small = { ...scenario, shape: { ...scenario.shape, files: 600 } };
  const { problems } = await runScenario(house, small, SEED);
  expect(problems).toEqual([]);
});
