import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { stopProcess } from "@exhibit/testkit";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cli } from "../../support/exhibit.ts";
import { type OwnProcesses, prepareProcesses } from "../../support/own-processes.ts";

let own: OwnProcesses;

beforeEach(async () => {
  own = await prepareProcesses("worker-processes");
  await own.useServers();
});
afterEach(() => own[Symbol.asyncDispose]());

interface Line {
  pid: number;
  msg: string;
  [field: string]: unknown;
}

/** Starts `exhibit worker` with these arguments, and reads its log. */
function startWorkers(args: readonly string[], more: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [cli, "worker", ...args], {
    env: { ...own.env, ...more },
    stdio: ["ignore", "ignore", "pipe"],
  });
  own.own(child);
  let text = "";
  child.stderr.on("data", (chunk) => (text += chunk));
  const lines = () =>
    text
      .split("\n")
      .filter((line) => line.startsWith("{") && line.endsWith("}"))
      .map((line) => JSON.parse(line) as Line);
  const pidsSaying = (msg: string) =>
    lines()
      .filter((line) => line.msg === msg)
      .map(({ pid }) => pid);
  return {
    child,
    lines,
    pidsSaying,
    /** Resolves when the log has so many lines that say this. */
    async until(msg: string, count: number): Promise<number[]> {
      while (pidsSaying(msg).length < count) {
        if (child.exitCode !== null) throw new Error(text);
        await Promise.race([once(child.stderr, "data"), once(child, "exit")]);
      }
      return pidsSaying(msg);
    },
  };
}

async function exitCodeOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return child.exitCode;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function untilGone(pids: readonly number[]): Promise<void> {
  while (pids.some(isRunning)) await sleep(50);
}

test("two processes take jobs; one that dies is started again; told to stop, all end in good order", async () => {
  const { child, lines, until } = startWorkers(["--processes", "2"]);
  const first = await until("worker takes jobs", 2);
  expect(new Set([...first, child.pid]).size).toBe(3);

  process.kill(first[0] ?? 0, "SIGKILL");
  const all = await until("worker takes jobs", 3);
  expect(new Set(all).size).toBe(3);
  expect(lines()).toContainEqual(
    expect.objectContaining({ level: "warn", pid: child.pid, code: 1, delay_ms: 1000 }),
  );

  child.kill("SIGTERM");
  expect(await exitCodeOf(child)).toBe(0);
  const ended = lines().filter(({ msg }) => msg === "worker ends what it has begun");
  expect(ended.map(({ pid }) => pid).sort()).toEqual(all.slice(1).sort());
  expect(all.filter(isRunning)).toEqual([]);
});

test("no worker process outlives the one that started it", async () => {
  const { child, until } = startWorkers(["--processes", "2"]);
  const workers = await until("worker takes jobs", 2);
  await stopProcess(child, "SIGKILL");
  await untilGone(workers);
});

test("a second signal ends all at once", async () => {
  const { child, until } = startWorkers(["--processes", "2"]);
  const workers = await until("worker takes jobs", 2);
  // A worker that is frozen can't end in good order.
  for (const pid of workers) process.kill(pid, "SIGSTOP");
  child.kill("SIGTERM");
  // Signals within half a second count as one: a key press reaches a process several times.
  await sleep(700);
  expect(child.exitCode).toBe(null);
  child.kill("SIGTERM");
  expect(await exitCodeOf(child)).toBe(143);
  await untilGone(workers);
});

test("what can't start isn't started again, and the exit code says why", async () => {
  const nobody = "postgres://nobody:nothing@127.0.0.1:1/none";
  const { child, lines } = startWorkers(["--processes", "2"], { EXHIBIT_DATABASE_URL: nobody });
  expect(await exitCodeOf(child)).toBe(3);
  const warned = lines().filter(({ level, msg }) => level === "warn" && !msg.startsWith("TRIAL"));
  expect(warned).toEqual([]);

  const bad = startWorkers(["--processes", "none"]);
  expect(await exitCodeOf(bad.child)).toBe(2);
});
