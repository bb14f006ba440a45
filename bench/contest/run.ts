import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Case, cases, quickCases } from "./cases.ts";
import { chart } from "./chart.ts";
import { checkRatios } from "./check.ts";
import { aliOss } from "./contenders/ali-oss.ts";
import { curl } from "./contenders/curl.ts";
import { embedded } from "./contenders/embedded.ts";
import { exhibit } from "./contenders/exhibit.ts";
import { raw } from "./contenders/raw.ts";
import { rclone } from "./contenders/rclone.ts";
import { type Floors, ratiosOf, writeFloors } from "./floors.ts";
import { measureCase } from "./measure-case.ts";
import { type CaseRuns, type Figures, figuresOf, speedsOf, table } from "./report.ts";

// npm run bench -- [--quick] [--case small,large] [--contender exhibit,rclone] [--rounds 9] [--json]
//   [--write] [--check] [--write-floors]
// The contenders take turns on the same files and the same sink. The medians count, and their ratios.

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    case: { type: "string" },
    contender: { type: "string" },
    rounds: { type: "string" },
    /** Writes one line of JSON in the end. */
    json: { type: "boolean", default: false },
    /** Writes docs/benchmark.json and docs/benchmark.svg. */
    write: { type: "boolean", default: false },
    /** Ends with exit code 1 if Exhibit's ratios are below bench/contest/floors.json. */
    check: { type: "boolean", default: false },
    /** Writes the measured ratios, with some slack, to bench/contest/floors.json. */
    "write-floors": { type: "boolean", default: false },
  },
});
// Floors are for the quick cases.
const isQuick = values.quick || values.check || values["write-floors"];
const usual = { exhibit, "exhibit-embedded": embedded, "ali-oss": aliOss, rclone, curl };
const contenders = chosen(values.contender ? { ...usual, raw } : usual, values.contender);
const chosenCases = chosen(isQuick ? quickCases : cases, values.case);
const rounds = Number(values.rounds ?? (isQuick ? 3 : 9));
const present = Object.values(contenders).filter((contender) => {
  const reason = contender.missing();
  if (reason !== undefined) say(`${contender.name} is left out: ${reason}`);
  return reason === undefined;
});

const figures: Figures = {};
const ratios: Floors = {};
for (const [name, each] of Object.entries(chosenCases)) {
  say(`${name}: ${each.description}`);
  const measured = await measure(each);
  figures[name] = figuresOf(measured);
  ratios[name] = ratiosOf(measured);
  say(table(each, figures[name]));
}
if (values["write-floors"]) await writeFloors(ratios);
if (values.check) {
  const again = async (name: string) => ratiosOf(await measure(chosenCases[name] as Case));
  const isGood = await checkRatios(ratios, again, say);
  if (!isGood) process.exitCode = 1;
}
if (values.write) await writeReport();
if (values.json)
  process.stdout.write(`${JSON.stringify({ cases: speedsOf(chosenCases, figures) })}\n`);

async function measure(each: Case): Promise<CaseRuns> {
  return await measureCase(each, { contenders: present, rounds, isQuick });
}

async function writeReport(): Promise<void> {
  const docs = join(import.meta.dirname, "../../docs");
  const machine = `${availableParallelism()} cores, ${cpus()[0]?.model}, Node ${process.versions.node}`;
  const about = [
    `Medians of ${rounds} alternating runs, ${new Date().toISOString().slice(0, 10)}. Longer is faster; an orange stroke is a goal.`,
    "Whole processes; the bucket is a sink on the same machine, over loopback.",
    machine,
  ];
  const report = { machine, rounds, cases: figures };
  await mkdir(docs, { recursive: true });
  await writeFile(join(docs, "benchmark.json"), `${JSON.stringify(report, undefined, 2)}\n`);
  await writeFile(join(docs, "benchmark.svg"), chart(chosenCases, figures, about));
}

function chosen<T>(all: Record<string, T>, names: string | undefined): Record<string, T> {
  if (names === undefined) return all;
  return Object.fromEntries(
    names.split(",").map((name) => {
      const found = all[name];
      if (found === undefined)
        throw new Error(`There is no ${name}; there are ${Object.keys(all).join(", ")}.`);
      return [name, found];
    }),
  );
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
