import { afterAll, beforeAll, expect, test } from "vitest";
import { type Deployment, openDeployment } from "./deployment/deployment.ts";
import { runScenario } from "./run-scenario.ts";
import { scenarios } from "./scenarios/index.ts";

// The short form of `npm run faults`: one deployment, and the scenarios that take little time.
const SEED = 4;
let deployment: Deployment;

beforeAll(async () => {
  deployment = await openDeployment({ workers: 2 });
});
afterAll(() => deployment[Symbol.asyncDispose]());

test.each(scenarios.filter(({ isShort }) => isShort))("$name: $about", async (scenario) => {
  const small = { ...scenario, shape: { ...scenario.shape, files: 600 } };
  const { problems } = await runScenario(deployment, small, SEED);
  expect(problems).toEqual([]);
});
