import { execFile, spawn } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

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

/**
 * Runs `exhibit` against a system, with its key and nothing else of this process's environment. Rejects
 * with `code`, `stdout` and `stderr` for what ends with another code than 0.
 */
export function exhibitAt(
  { apiUrl, key }: { apiUrl: string; key: string },
  args: readonly string[],
  options: { cwd?: string } = {},
): Promise<{ stdout: string; stderr: string }> {
  const { PATH } = process.env;
  const env = { PATH, EXHIBIT_API_URL: apiUrl, EXHIBIT_API_KEY: key };
  return promisify(execFile)(process.execPath, [cli, ...args], { env, ...options });
}
