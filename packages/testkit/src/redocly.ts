import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const cli = join(dirname(require.resolve("@redocly/cli/package.json")), "bin/cli.js");

/**
 * Runs `redocly`, a linter of OpenAPI documents that also generates clients, and returns what it prints.
 * Rejects when it fails; the error's `stdout` has what it printed.
 */
export async function redocly(...args: readonly string[]): Promise<string> {
  // It must not call home.
  const quiet = { REDOCLY_TELEMETRY: "off", REDOCLY_SUPPRESS_UPDATE_NOTICE: "true" };
  const { stdout } = await run(process.execPath, [cli, ...args], {
    env: { ...process.env, ...quiet },
  });
  return stdout;
}
