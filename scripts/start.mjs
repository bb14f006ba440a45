// biome-ignore-all lint/suspicious/noUndeclaredEnvVars: INIT_CWD is npm's, no input of a turbo task
// `npm start`: installs if need be, then `exhibit up` with the arguments given after `--`.
import { ensureInstalled, inRoot, runNode24 } from "./bootstrap.mjs";

ensureInstalled();
process.exitCode = await runNode24(
  [
    "--min-semi-space-size=8",
    "--max-semi-space-size=8",
    inRoot("apps/cli/bin/exhibit.mjs"),
    "up",
    ...process.argv.slice(2),
  ],
  {
    // npm runs scripts in the checkout; a relative path is meant from the person's working folder.
    cwd: process.env.INIT_CWD ?? process.cwd(),
    env: { EXHIBIT_DATA_DIR: inRoot(".exhibit"), MALLOC_ARENA_MAX: "2", ...process.env },
  },
);
