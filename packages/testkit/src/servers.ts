import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Ports below those that Linux gives to outgoing connections, which could take one before its server does. */
const PORTS = { first: 15_000, end: 32_000 };
const given = new Set<number>();

/** Returns a free TCP port of the loopback interface, for a server that is about to start. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.first, PORTS.end);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const listens = await new Promise<boolean>((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => resolve(true));
  });
  if (listens) await new Promise((resolve) => server.close(resolve));
  return listens;
}

/** Creates a temporary folder, and returns its path and how to remove it. */
export async function dataFolder(name: string): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), `exhibit-${name}-`));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A server that a test can stop for a while. */
export interface RunningServer {
  url: string;
  /** The id of the process that runs now. */
  readonly pid: number;
  /** Shuts it down; its data stays. */
  down(): Promise<void>;
  /** Ends it as a crash would; its data stays as it is at that moment. */
  kill(): Promise<void>;
  /** Starts it again, on the same port and data. */
  up(): Promise<void>;
  /** Shuts it down forever and removes its data. */
  stop(): Promise<void>;
}

/** Runs a server that `start` can start repeatedly, on the same port and data. */
export async function runServer(server: {
  url: string;
  start(): Promise<ChildProcess>;
  /** The signals that shut it down, and that are a crash to it. */
  signals: { down: NodeJS.Signals; kill: NodeJS.Signals };
  remove(): Promise<void>;
}): Promise<RunningServer> {
  let running = await server.start();
  const down = () => stopProcess(running, server.signals.down);
  return {
    url: server.url,
    get pid() {
      return running.pid ?? 0;
    },
    down,
    kill: () => stopProcess(running, server.signals.kill),
    async up() {
      running = await server.start();
    },
    async stop() {
      await down();
      await server.remove();
    },
  };
}

/** Starts a server and resolves when its output says that it is ready. */
export async function startServer(
  command: string,
  args: readonly string[],
  options: { ready: RegExp; uid?: number; gid?: number; cwd?: string; env?: NodeJS.ProcessEnv },
): Promise<ChildProcess> {
  const { ready, ...spawning } = options;
  const child = spawn(command, args, { ...spawning, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  await new Promise<void>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk;
      if (ready.test(output)) resolve();
    };
    child.stdout?.on("data", read);
    child.stderr?.on("data", read);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`${command} ended with ${code}:\n${output}`)));
  });
  return child;
}

/** Sends a signal to a child process and resolves when it has ended. */
export async function stopProcess(
  child: ChildProcess,
  signal: NodeJS.Signals = "SIGTERM",
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  await ended;
}
