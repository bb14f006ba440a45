import { spawn } from "node:child_process";
import { buffer } from "node:stream/consumers";
import { type Answer, startFakeApi } from "@exhibit/client/testing";
import { vi } from "vitest";
import { runCli } from "../../src/index.ts";
import { recordedSink } from "./text-sink.ts";

/** The program as people start it. */
export const program = new URL("../../bin/exhibit.mjs", import.meta.url).pathname;

/** An environment with nothing of ours that could lead it elsewhere. */
export function bareEnvironment(more: Record<string, string> = {}): Record<string, string> {
  return { PATH: `${new URL(".", `file://${process.execPath}`).pathname}:/usr/bin:/bin`, ...more };
}

export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
  /** Parses the last line of stdout, which is JSON. */
  last(): unknown;
}

/**
 * Runs a command line in this process, which takes a fraction of the time of a process of its own.
 * `env` takes the place of the variables that a deployment sets.
 */
export async function exhibit(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ran> {
  for (const name of Object.keys(process.env)) {
    if (/^(EXHIBIT_|OTEL_)|_proxy$/i.test(name)) vi.stubEnv(name, undefined);
  }
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const [stdout, stderr] = [recordedSink(), recordedSink()];
  const flushed = async () => undefined;
  try {
    const code = await runCli(args, {
      stdout: { ...stdout, flushed },
      stderr: { ...stderr, flushed },
    });
    return ranWith(code, stdout.text(), stderr.text());
  } finally {
    vi.unstubAllEnvs();
  }
}

/** Runs the real program as a person would, for tests of what only a process does. */
export async function exhibitProcess(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Ran> {
  const child = spawn(program, args, {
    env: bareEnvironment(env),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  // Bytes, as reading text would take a byte order mark away.
  const [out, err, code] = await Promise.all([buffer(child.stdout), buffer(child.stderr), exited]);
  return ranWith(code, out.toString(), err.toString());
}

function ranWith(code: number | null, stdout: string, stderr: string): Ran {
  return {
    code,
    stdout,
    stderr,
    last: () => JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as unknown,
  };
}

/** Runs a command line against an API that answers as the test says. */
export async function against(
  answer: Answer,
  args: readonly string[],
  env: Record<string, string> = {},
) {
  await using api = await startFakeApi(answer);
  const result = await exhibit(args, { EXHIBIT_API_URL: api.url, ...env });
  return { ...result, asked: api.asked };
}
