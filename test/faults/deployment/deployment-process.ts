import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { open, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** The end of a process that the suite didn't cause. */
export interface Death {
  name: string;
  code: number | null;
  signal: NodeJS.Signals | null;
  /** Milliseconds since the epoch. */
  at: number;
}

/** A process of the product that a scenario can end, freeze and start again. Its output goes to a file. */
export interface DeploymentProcess {
  readonly name: string;
  readonly logPath: string;
  readonly isRunning: boolean;
  /** Starts it unless it runs; resolves when its output says that it is ready. */
  start(): Promise<void>;
  /** Sends SIGKILL; resolves when it has ended. */
  kill(): Promise<void>;
  /** Sends SIGTERM; resolves when it has ended. */
  stop(): Promise<void>;
  freeze(): void;
  thaw(): void;
}

export interface DeploymentProcessOptions {
  name: string;
  command: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  ready: RegExp;
  logPath: string;
  onDeath(death: Death): void;
}

const START_MS = 60_000;

export function createDeploymentProcess(options: DeploymentProcessOptions): DeploymentProcess {
  const { name, logPath } = options;
  let child: ChildProcess | undefined;
  /** Children whose end is expected: they are starting, which `start` reports, or are being ended here. */
  const condemned = new WeakSet<ChildProcess>();
  const isAlive = () => child !== undefined && hasEnded(child) === false;

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child;
    if (ending === undefined || hasEnded(ending)) return;
    condemned.add(ending);
    const ended = new Promise((resolve) => ending.once("exit", resolve));
    ending.kill(signal);
    await ended;
  }

  return {
    name,
    logPath,
    get isRunning() {
      return isAlive();
    },
    async start() {
      if (isAlive()) return;
      const from = (await stat(logPath).catch(() => undefined))?.size ?? 0;
      const started = spawnInto(options);
      child = started;
      condemned.add(started);
      started.once("exit", (code, signal) => {
        if (!condemned.has(started)) options.onDeath({ name, code, signal, at: Date.now() });
      });
      await untilReady(started, options, from);
      condemned.delete(started);
    },
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
    freeze: () => void child?.kill("SIGSTOP"),
    thaw: () => void child?.kill("SIGCONT"),
  };
}

/** Starts a process with a file for its output: a pipe would fill while nobody reads it. */
function spawnInto({ command, args, env, logPath }: DeploymentProcessOptions): ChildProcess {
  const log = openSync(logPath, "a");
  try {
    return spawn(command, args, { env, stdio: ["ignore", log, log] });
  } finally {
    closeSync(log);
  }
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function untilReady(
  child: ChildProcess,
  { name, ready, logPath }: DeploymentProcessOptions,
  from: number,
): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    const said = await textFrom(logPath, from);
    if (ready.test(said)) return;
    if (hasEnded(child)) throw new Error(`${name} ended while it started:\n${said.slice(-2000)}`);
    if (Date.now() > deadline) throw new Error(`${name} isn't ready:\n${said.slice(-2000)}`);
    await sleep(30);
  }
}

async function textFrom(path: string, from: number): Promise<string> {
  await using file = await open(path);
  const { size } = await file.stat();
  const { buffer } = await file.read({ buffer: Buffer.alloc(size - from), position: from });
  return buffer.toString("utf8");
}
