import { spawn } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { parse, stringify } from "yaml";

/** A process of another world, on the deployment's servers or data folder. */
export type Stranger = (command: StrangerCommand) => Promise<StrangersEnd>;
export type StrangerCommand = "api" | "worker" | "up";

export interface StrangersEnd {
  /** Null if it had to be killed because it kept running. */
  code: number | null;
  output: string;
}

/** It has a minute to end by itself. */
const TIMEOUT_MS = 60_000;

/**
 * Starts processes that differ from the deployment's own in one thing: their configuration isn't a trial's. It has the same
 * vendors, so that a process that got in would do the deployment's work.
 */
export function createStranger(options: {
  cli: string;
  folder: string;
  /** The deployment's configuration. */
  config: string;
  env: NodeJS.ProcessEnv;
}): Stranger {
  const { cli, folder, config, env } = options;
  return async (command) => {
    const path = join(folder, "live.yaml");
    await writeFile(path, stringify({ ...parse(await readFile(config, "utf8")), trial: false }));
    const child = spawn(process.execPath, [cli, command], {
      env: { ...env, EXHIBIT_CONFIG: path, EXHIBIT_API_PORT: "0" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const patience = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    const parts = await Promise.all([text(child.stdout), text(child.stderr)]);
    const code = await ended;
    clearTimeout(patience);
    return { code, output: parts.join("") };
  };
}
