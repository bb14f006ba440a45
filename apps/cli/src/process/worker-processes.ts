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
  throw new InvalidArgumentError('It must be "auto" or a number from 1 to 256.');
}

/** The message of a worker process to its parent. */
const TAKES_JOBS = "takes jobs";

/** Tells the parent process, if it is one of ours, that this worker takes jobs. */
export function sayTakesJobs(): void {
  if (process.connected) process.send?.(TAKES_JOBS);
}

const entry = fileURLToPath(new URL("../../bin/exhibit.mjs", import.meta.url));
const BACK_OFF_MS = { first: 1_000, longest: 30_000 };
/** After so many milliseconds of life a process is restarted without a longer pause. */
const SOUND_MS = 60_000;

export interface SupervisionOptions {
  processes: number;
  /** Arguments of the first process at its first start, for what is set once. */
  onceArgs: readonly string[];
  logger: Logger;
  /** Aborts when all processes should end in good order. */
  signal: AbortSignal;
  /** Aborts when all processes must end at once. */
  atOnce: AbortSignal;
}

/**
 * Keeps so many worker processes running until `signal` aborts, then ends each in good order. A
 * process that dies is restarted with backoff. If one dies before any has taken jobs, all are
 * ended: its configuration is wrong, or its servers are away. Returns that process's exit code, or
 * 0 when all ended well.
 *
 * A worker ends when its channel is closed, which also happens when this process is killed, so no
 * worker stays behind.
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
        "a worker process died and is restarted",
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

/**
 * Runs one worker process to its end and returns its exit code, or that of a failure if a signal
 * killed it.
 */
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

/** Resolves to false when the signal aborts first. */
async function passes(delayMs: number, signal: AbortSignal): Promise<boolean> {
  try {
    await pause(delayMs, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
