import type { Usage } from "../measure.ts";
import type { Case } from "./cases.ts";

/** One run of a contender. */
export interface Run extends Usage {
  /** CPU time of the sink. If it isn't far below `seconds`, the sink is what was measured. */
  sinkCpuSeconds: number;
}

/** All runs of a case, by contender; the nth runs of all contenders were neighbours in time. */
export interface CaseRuns {
  files: number;
  bytes: number;
  runs: Record<string, Run[]>;
}

/** A contender's result in a case: the medians of its runs. */
export interface Figure extends Run {
  name: string;
  files: number;
  bytes: number;
}

export type Figures = Record<string, Figure[]>;

const MB = 1e6;

export function figuresOf({ files, bytes, runs }: CaseRuns): Figure[] {
  return Object.entries(runs).map(([name, own]) => ({ name, files, bytes, ...medianOf(own) }));
}

function medianOf(runs: readonly Run[]): Run {
  const of = (key: keyof Run) => median(runs.map((run) => run[key]));
  return {
    seconds: of("seconds"),
    cpuSeconds: of("cpuSeconds"),
    peak: of("peak"),
    sinkCpuSeconds: of("sinkCpuSeconds"),
  };
}

/** Returns the median, the upper one of two in the middle; 0 for no values. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

export function speedOf({ unit }: Case, { files, bytes, seconds }: Figure): number {
  return Math.round((unit === "files/s" ? files : bytes / MB) / seconds);
}

/** Returns `{"small": {"exhibit": 8000, …}}`, each speed in its case's unit. */
export function speedsOf(
  cases: Record<string, Case>,
  figures: Figures,
): Record<string, Record<string, number>> {
  return Object.fromEntries(
    Object.entries(cases).map(([name, each]) => [
      name,
      Object.fromEntries(
        (figures[name] ?? []).map((figure) => [figure.name, speedOf(each, figure)]),
      ),
    ]),
  );
}

/** Returns a table. Ratios are the first contender's speed to each one's; the sink's share is of one core. */
export function table(each: Case, figures: readonly Figure[]): string {
  const first = figures[0] ? speedOf(each, figures[0]) : 0;
  const rows = figures.map((figure) => {
    const speed = speedOf(each, figure);
    return [
      figure.name.padEnd(18),
      `${speed.toLocaleString("en")} ${each.unit}`.padStart(15),
      `${(first / speed).toFixed(2)} ×`.padStart(8),
      `${figure.cpuSeconds.toFixed(2)} s of CPU`.padStart(16),
      `${Math.round(figure.peak / MB)} MB`.padStart(8),
      `sink ${Math.round((100 * figure.sinkCpuSeconds) / figure.seconds)} %`.padStart(11),
    ].join(" ");
  });
  return rows.map((row) => `  ${row}`).join("\n");
}
