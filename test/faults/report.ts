import type { Deployment } from "./deployment/deployment.ts";
import type { RandomResult } from "./random-run.ts";
import type { ScenarioResult } from "./run-scenario.ts";

const MAX_LINES = 30;

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function linesOfScenario(
  result: ScenarioResult,
  deployment: Pick<Deployment, "logsFolder">,
): string[] {
  const { name, problems, files, recovered, ended, resentBytes, unheardUploads, seconds } = result;
  const facts = [
    `${files} files`,
    recovered.length === 0
      ? "nothing was left when it ended"
      : `on after ${recovered.map(secondsOf).join(", ")}`,
    `rested ${secondsOf(ended)} later`,
    `${megabytesOf(resentBytes)} sent again`,
    ...(unheardUploads > 0 ? [unheard(unheardUploads)] : []),
    `${secondsOf(seconds)} in all`,
  ];
  const verdict = problems.length === 0 ? "passed" : "FAILED";
  return [
    `${verdict}  ${name.padEnd(24)} ${facts.join("; ")}`,
    ...problemLines(problems, deployment),
  ];
}

export function linesOfRun(
  result: RandomResult,
  deployment: Pick<Deployment, "logsFolder">,
): string[] {
  const { seed, faults, files, imports, violations, resentBytes, codes } = result;
  const count = (...names: string[]) =>
    violations.filter(({ name }) => names.includes(name)).length;
  return [
    `Seed ${seed}: ${sum(faults.map(({ count: times }) => times))} faults, ${imports} imports, ${files} files checked`,
    `lost ${count("LOST")}, wrong ${count("WRONG_BYTES", "RECEIPT_WRONG")}, overwritten ${count("OVERWRITTEN")}; ` +
      `${megabytesOf(resentBytes)} sent again; ${unheard(result.unheardUploads)}`,
    `listed with a code: ${
      Object.entries(codes)
        .map(([code, times]) => `${times} ${code}`)
        .join(", ") || "none"
    }`,
    ...faults.map(
      ({ kind, count: times, median, max }) =>
        `  ${kind.padEnd(24)} ${String(times).padStart(4)} times` +
        (median === undefined
          ? ""
          : `; on after ${secondsOf(median)} (median), ${secondsOf(max ?? 0)} at most`),
    ),
    ...problemLines(
      [...result.failures, ...violations.map(({ name, what }) => `${name}: ${what}`)],
      deployment,
    ),
  ];
}

function problemLines(
  problems: readonly string[],
  { logsFolder }: Pick<Deployment, "logsFolder">,
): string[] {
  if (problems.length === 0) return [];
  const more = problems.length - MAX_LINES;
  return [
    ...problems.slice(0, MAX_LINES).map((problem) => `        ${problem}`),
    ...(more > 0 ? [`        and ${more} more`] : []),
    `        The logs are in ${logsFolder}`,
  ];
}

function unheard(count: number): string {
  return `${count} uploads begun that nobody heard of`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function secondsOf(seconds: number): string {
  return `${seconds.toFixed(1)} s`;
}

function megabytesOf(bytes: number): string {
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
