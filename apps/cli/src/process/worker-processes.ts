import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Logger } from "@exhibit/telemetry";
import { InvalidArgumentError } from "commander";
import { exitCodes } from "../output/exit-codes.ts";

/** Reads `--processes`: a number, or `auto` for one on each core that this process may use. */
export function readProcesses(value: string): number {
  if (value === "auto") return availableParallelism();
  const processes = Number(value);
  if (Number.isInteger(processes) && processes >= 1 && processes <= 256) return processes;
  throw new InvalidArgumentError('It has to be "auto" or a number from 1 to 256.');
}

/** What a worker says to the process that started it. */
const TAKES_JOBS = "takes jobs";

/** Tells the process that started this one, if it was one of ours, that it takes jobs. */
export function sayTakesJobs(): void {
  if (process.connected) process.send?.(TAKES_JOBS);
}

const entry = fileURLToPath(new URL("../../bin/exhibit.mjs", import.meta.url));
const BACK_OFF_MS = { first: 1_000, longest: 30_000 };
/** A process that has lived for so long is started again as if it were its first death. */
const SOUND_MS = 60_000;

export interface SupervisionOptions {
  processes: number;
  /** Arguments of the first process when it starts for the first time: what is to be set once. */
  onceArgs: readonly string[];
  logger: Logger;
  /** Aborts when all have to end in good order. */
  signal: AbortSignal;
  /** Aborts when all have to end at once. */
  atOnce: AbortSignal;
}

/**
 * Keeps so many worker processes running until `signal` aborts, then has each end in good order. One that dies is
 * started again, after a pause that grows. One that can't start before any has taken jobs ends all: its configuration is
 * wrong, or its servers aren't there. Gives the exit code: that one's, or 0 when all ended well.
 *
 * A worker is told to end by closing its channel, which also happens when this process is killed: none stays behind.
 */
export async function superviseWorkers(options: SupervisionOptions): Promise<number> {
  const { processes, onceArgs, logger, atOnce } = options;
  const given = new AbortController();
  const signal = AbortSignal.any([options.signal, given.signal]);
  let haveTakenJobs = false;

  async function keepOne(number: number): Promise<number> {
    let deaths = 0;
    for (;;) {
      const args = number === 1 && deaths === 0 ? onceArgs : [];
      const began = performance.now();
      const onReady = () => {
        haveTakenJobs = true;
      };
      const code = await runOne({ args, signal, atOnce, onReady });
      if (signal.aborted) return code;
      if (!haveTakenJobs && code !== exitCodes.done) {
        given.abort();
        return code;
      }
      deaths = performance.now() - began > SOUND_MS ? 1 : deaths + 1;
      const delayMs = Math.min(BACK_OFF_MS.longest, BACK_OFF_MS.first * 2 ** (deaths - 1));
      logger.warn(
        { process: number, code, delay_ms: delayMs },
        "a worker process died; it is started again",
      );
      if (!(await passes(delayMs, signal))) return exitCodes.done;
    }
  }

  const codes = await Promise.all(
    Array.from({ length: processes }, (_, index) => keepOne(index + 1)),
  );
  return codes.find((code) => code !== exitCodes.done) ?? exitCodes.done;
}

interface Running {
  args: readonly string[];
  signal: AbortSignal;
  atOnce: AbortSignal;
  onReady(): void;
}

/** Runs one worker process to its end; gives its exit code, that of a failure if a signal killed it. */
async function runOne({ args, signal, atOnce, onReady }: Running): Promise<number> {
  const child = fork(entry, ["worker", ...args]);
  const end = () => {
    if (child.connected) child.disconnect();
  };
  const kill = () => void child.kill("SIGKILL");
  child.once("message", onReady);
  signal.addEventListener("abort", end);
  atOnce.addEventListener("abort", kill);
  const code = await new Promise<number>((resolve) => {
    child.once("error", () => resolve(exitCodes.failed));
    child.once("exit", (ended) => resolve(ended ?? exitCodes.failed));
  });
  signal.removeEventListener("abort", end);
  atOnce.removeEventListener("abort", kill);
  return code;
}

/** False when the signal came first. */
async function passes(delayMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    await pause(delayMs, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
