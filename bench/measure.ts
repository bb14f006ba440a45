import { type ChildProcess, spawn } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";

/** The cost of a run. */
export interface Usage {
  /** Wall-clock time. */
  seconds: number;
  /** User and system time of all of its processes. */
  cpuSeconds: number;
  /** The largest resident size, in bytes, that one of its processes reached. */
  peak: number;
}

const TICKS_A_SECOND = 100;
const LOOK_EVERY_MS = 20;

/** Runs a program to its end. Throws an error with its output if it fails. */
export async function runProgram(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Usage & { output: string }> {
  const cpuBefore = await cpuOfEndedChildren();
  const began = performance.now();
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const output = collect(child);
  let peak = 0;
  const look = setInterval(() => {
    void peakOf(child.pid).then((bytes) => (peak = Math.max(peak, bytes)));
  }, LOOK_EVERY_MS);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  clearInterval(look);
  const seconds = (performance.now() - began) / 1000;
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${output().slice(-2000)}`);
  return { seconds, cpuSeconds: (await cpuOfEndedChildren()) - cpuBefore, peak, output: output() };
}

function collect(child: ChildProcess): () => string {
  let text = "";
  child.stdout?.on("data", (chunk) => (text += chunk));
  child.stderr?.on("data", (chunk) => (text += chunk));
  return () => text;
}

/** Measures what running processes use during `work`, with the processes that they start. */
export async function measureServers<T>(
  pids: readonly number[],
  work: () => Promise<T>,
): Promise<Usage & { result: T }> {
  const family = await withChildren(pids);
  // Resets the peaks.
  await Promise.all(family.map((pid) => writeFile(`/proc/${pid}/clear_refs`, "5").catch(() => {})));
  const cpuBefore = await sum(family, cpuOf);
  const began = performance.now();
  const result = await work();
  const seconds = (performance.now() - began) / 1000;
  const cpuSeconds = (await sum(await withChildren(pids), cpuOf)) - cpuBefore;
  const peaks = await Promise.all(pids.map(peakOf));
  return { seconds, cpuSeconds, peak: Math.max(...peaks), result };
}

async function withChildren(pids: readonly number[]): Promise<number[]> {
  const all = await Promise.all(
    pids.map(async (pid) => {
      const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
      const lists = await Promise.all(
        threads.map((thread) => read(`/proc/${pid}/task/${thread}/children`)),
      );
      return [pid, ...lists.join(" ").split(" ").filter(Boolean).map(Number)];
    }),
  );
  return all.flat();
}

async function sum(pids: readonly number[], of: (pid: number) => Promise<number>): Promise<number> {
  return (await Promise.all(pids.map(of))).reduce((total, value) => total + value, 0);
}

/** Returns fields 14 to 17 of proc(5)'s stat in seconds: own user and system time, and those of ended children. */
async function cpuTimes(pid: number | "self"): Promise<number[]> {
  const stat = await read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).map((ticks) => Number(ticks) / TICKS_A_SECOND);
}

/** Returns the seconds of user and system time of a process and its ended children. */
export async function cpuOf(pid: number): Promise<number> {
  const [user = 0, system = 0, userOfChildren = 0, systemOfChildren = 0] = await cpuTimes(pid);
  return user + system + userOfChildren + systemOfChildren;
}

async function cpuOfEndedChildren(): Promise<number> {
  const [, , user = 0, system = 0] = await cpuTimes("self");
  return user + system;
}

async function peakOf(pid: number | undefined): Promise<number> {
  const kilobytes = /VmHWM:\s+(\d+)/.exec(await read(`/proc/${pid}/status`))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** Reads a file of a process; returns an empty text if the process has ended. */
function read(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}

/** Calls something once, then `repeats` times, and returns the median and the longest time of those. */
export async function timeCalls(
  repeats: number,
  what: string,
  call: () => Promise<unknown>,
): Promise<string> {
  await call();
  const times: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    const began = performance.now();
    await call();
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  const ms = (at: number) => (times.at(at) ?? 0).toFixed(0);
  return `${what}: ${ms(Math.floor(repeats / 2))} ms, at most ${ms(-1)} ms`;
}
