import { expect, test } from "vitest";
import type { Case } from "../../contest/cases.ts";
import { type CaseRuns, figuresOf, type Run, speedsOf, table } from "../../contest/report.ts";

const small: Case = { description: "3 files", sizes: () => [1, 2, 3], unit: "files/s" };
const large: Case = { description: "2 files", sizes: () => [1, 1], unit: "MB/s" };
const run = (seconds: number, more: Partial<Run> = {}): Run => ({
  seconds,
  cpuSeconds: 1,
  peak: 50e6,
  sinkCpuSeconds: 0.25,
  ...more,
});
const caseRuns = (runs: CaseRuns["runs"]): CaseRuns => ({ files: 3000, bytes: 100e6, runs });

test("a figure is the median of each measure over a contender's runs", () => {
  const [figure] = figuresOf(
    caseRuns({
      exhibit: [
        run(9, { cpuSeconds: 1, peak: 30e6 }),
        run(2, { cpuSeconds: 8, peak: 10e6 }),
        run(3, { cpuSeconds: 4, peak: 20e6 }),
      ],
    }),
  );
  expect(figure).toEqual({
    name: "exhibit",
    files: 3000,
    bytes: 100e6,
    seconds: 3,
    cpuSeconds: 4,
    peak: 20e6,
    sinkCpuSeconds: 0.25,
  });
});

test("speeds are told by case and contender, each in its case's unit, as one line of JSON", () => {
  const figures = figuresOf(caseRuns({ exhibit: [run(2)], "ali-oss": [run(4)] }));
  expect(
    JSON.stringify({ cases: speedsOf({ small, large }, { small: figures, large: figures }) }),
  ).toBe('{"cases":{"small":{"exhibit":1500,"ali-oss":750},"large":{"exhibit":50,"ali-oss":25}}}');
});

test("the table gives the first contender's speed to each one's, and the sink's part of a core", () => {
  const lines = table(small, figuresOf(caseRuns({ exhibit: [run(2)], "ali-oss": [run(4)] })));
  const [first, second] = lines.split("\n").map((line) => line.trim().split(/ {2,}/));
  expect(first).toEqual([
    "exhibit",
    "1,500 files/s",
    "1.00 ×",
    "1.00 s of CPU",
    "50 MB",
    "sink 13 %",
  ]);
  expect(second).toEqual([
    "ali-oss",
    "750 files/s",
    "2.00 ×",
    "1.00 s of CPU",
    "50 MB",
    "sink 6 %",
  ]);
});
