import { execFile } from "node:child_process";
import { promisify } from "node:util";

/**
 * Runs a line of shell in a folder as a stranger would: with nothing of this process's environment but
 * PATH, and in a shell that is no bash unless `sh` names one.
 */
export async function shellIn(
  cwd: string,
  line: string,
  sh: readonly string[] = ["dash"],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const [command = "", ...options] = sh;
  const env = { PATH: process.env.PATH };
  return await ended(promisify(execFile)(command, [...options, "-c", line], { cwd, env }));
}

/** Returns what a program ended with, whatever its exit code. */
export async function ended(
  running: Promise<{ stdout: string; stderr: string }>,
): Promise<{ code: number; stdout: string; stderr: string }> {
  return await running.then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout: `${stdout}`, stderr: `${stderr}` }),
  );
}
