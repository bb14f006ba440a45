// `npm run faults`: plays the scenarios, or with --minutes the random run. See docs/faults.md.

import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import {
  type Deployment,
  type DeploymentOptions,
  openDeployment,
} from "./deployment/deployment.ts";
import { runRandomly } from "./random-run.ts";
import { linesOfRun, linesOfScenario, say } from "./report.ts";
import { runScenario, type ScenarioResult } from "./run-scenario.ts";
import type { Scenario } from "./scenario.ts";
import { scenarios } from "./scenarios/index.ts";

const { values } = parseArgs({
  options: {
    list: { type: "boolean", default: false },
    scenario: { type: "string", multiple: true, default: [] },
    minutes: { type: "string" },
    seed: { type: "string" },
    json: { type: "boolean", default: false },
  },
});

/** Closed when a person has had enough. */
const deployments = new Set<Deployment>();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    void Promise.all(
      [...deployments].map((deployment) => deployment[Symbol.asyncDispose]()),
    ).finally(() => process.exit(130));
  });
}

process.exitCode = await main();

async function main(): Promise<number> {
  if (values.list) {
    for (const { name, about } of scenarios) say(`${name.padEnd(24)} ${about}`);
    return 0;
  }
  const seed = numberOf("seed", values.seed) ?? randomInt(1_000_000);
  const minutes = numberOf("minutes", values.minutes);
  if (minutes !== undefined) return randomly(minutes, seed);
  return play(chosen(values.scenario), seed);
}

async function randomly(minutes: number, seed: number): Promise<number> {
  note(`Random run of ${minutes} minutes, seed ${seed}`);
  await using deployment = await openOne();
  const result = await runRandomly(deployment, { minutes, seed, note });
  const isGood = result.violations.length + result.failures.length === 0;
  if (!isGood) deployment.keep();
  for (const line of linesOfRun(result, deployment)) note(line);
  if (values.json) say(JSON.stringify(result));
  return isGood ? 0 : 1;
}

async function play(list: readonly Scenario[], seed: number): Promise<number> {
  note(`${list.length} scenarios, seed ${seed}`);
  const results: ScenarioResult[] = [];
  for (const scenario of list) results.push(await playOne(scenario, seed));
  const failed = results.filter(({ problems }) => problems.length > 0);
  note(
    `${results.length - failed.length} scenarios passed, ${failed.length} failed (seed ${seed})`,
  );
  for (const { name } of failed) note(`  ${name}`);
  if (values.json) say(JSON.stringify({ seed, scenarios: results }));
  return failed.length === 0 ? 0 : 1;
}

async function openOne(options?: DeploymentOptions): Promise<Deployment> {
  const deployment = await openDeployment(options);
  deployments.add(deployment);
  return deployment;
}

/** Each in a deployment of its own, so that its logs are about it and nothing else. */
async function playOne(scenario: Scenario, seed: number): Promise<ScenarioResult> {
  await using deployment = await openOne({ kind: scenario.deployment ?? "fleet" });
  const result = await runScenario(deployment, scenario, seed);
  if (result.problems.length > 0) deployment.keep();
  for (const line of linesOfScenario(result, deployment)) note(line);
  return result;
}

function chosen(names: readonly string[]): readonly Scenario[] {
  for (const name of names) {
    if (!scenarios.some((scenario) => scenario.name === name)) {
      throw new Error(`There is no scenario ${name}; --list shows them.`);
    }
  }
  return names.length === 0 ? scenarios : scenarios.filter(({ name }) => names.includes(name));
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text !== "" && Number.isFinite(number) && number >= 0) return number;
  throw new Error(`--${name} has to be a number, not ${text}.`);
}

/** With --json, stdout has the result and nothing else. */
function note(line: string): void {
  if (values.json) process.stderr.write(`${line}\n`);
  else say(line);
}
