import { spawn } from "node:child_process";
import { join } from "node:path";

/** The path of this repository's command. */
export const cli = join(import.meta.dirname, "../../apps/cli/bin/exhibit.mjs");

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `exhibit` to its end. */
export function exhibit(args: readonly string[], env: Record<string, string> = {}): Promise<Ran> {
  const child = spawn(process.execPath, [cli, ...args], { env: { ...process.env, ...env } });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => (stdout += chunk));
  child.stderr.on("data", (chunk) => (stderr += chunk));
  return new Promise((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
}
