import { parseArgs } from "node:util";
import type { Figures } from "./figures.ts";
import { type ScenarioName, scenarioNames, scenarios } from "./scenarios.ts";
import { simulate } from "./simulation.ts";

// The fleet in virtual time: docs/scale.md says what is real and what is a model.
// node simulation/run.ts [--scenario tenants,spread] [--workers 100] [--files 10000000] [--seed 1] [--small] [--json]

const { values } = parseArgs({
  options: {
    scenario: { type: "string", default: scenarioNames.join(",") },
    workers: { type: "string", default: "100" },
    files: { type: "string" },
    small: { type: "boolean", default: false },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
  },
});
const choice = {
  workers: numberOf("workers", values.workers),
  files: numberOf("files", values.files ?? (values.small ? "1000000" : "10000000")),
  seed: numberOf("seed", values.seed),
  small: values.small,
};
const names = values.scenario.split(",").map(scenarioOf);
const all: Partial<Record<ScenarioName, Figures>> = {};
for (const name of names) {
  const scenario = scenarios[name].of(choice);
  const figures = await simulate(scenario);
  all[name] = figures;
  if (!values.json) process.stdout.write(`${linesOf(name, figures).join("\n")}\n\n`);
}
if (values.json) process.stdout.write(`${JSON.stringify(all)}\n`);

function numberOf(name: string, text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number > 0) return number;
  throw new Error(`--${name} takes a whole number, not ${JSON.stringify(text)}.`);
}

function scenarioOf(text: string): ScenarioName {
  const name = scenarioNames.find((known) => known === text);
  if (name) return name;
  throw new Error(
    `There is no scenario ${JSON.stringify(text)}; there are ${scenarioNames.join(", ")}.`,
  );
}

function linesOf(name: ScenarioName, figures: Figures): string[] {
  const { partitions, vendor, tenants } = figures;
  const [refused, overload] = [
    Math.max(...partitions.map((each) => each.refused)),
    Math.max(...partitions.map((each) => each.longestOverload)),
  ];
  const done = tenants.flatMap(({ doneAfter }) => doneAfter ?? []);
  const whole = (value: number) => Math.round(value).toLocaleString("en");
  return [
    `${name}: ${scenarios[name].about}`,
    `  ${whole(figures.stored)} files in ${whole(figures.seconds)} s; ${whole(figures.filesPerSecond)} files/s and ${figures.gigabitsPerSecond.toFixed(1)} Gbit/s in its second half`,
    `  fairness ${figures.fairness.toFixed(4)}; shares ${tenants.map(({ share }) => share?.toFixed(2) ?? "-").join(" ")}; ${done.length} of ${tenants.length} tenants done${done.length > 0 ? `, after ${whole(Math.min(...done))} to ${whole(Math.max(...done))} s` : ""}`,
    `  OSS: on the busiest prefix ${whole(Math.max(...partitions.map(({ asked }) => asked)))} requests/s; at most ${(100 * refused).toFixed(1)} % refused, and ${overload} s in a row above the limit; mean window ${figures.window.toFixed(1)}`,
    `  vendor: ${vendor.calls} calls, ${vendor.mostInASecond} in a second at most, ${vendor.refused} refused; its rate limit was looked at ${whole(vendor.counted)} times`,
    `  ${figures.failed} failed, ${figures.writtenTwice} written twice, ${figures.expired} with a lease that had ended, ${figures.postponed} shards came again`,
  ];
}
