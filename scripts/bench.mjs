// `npm run bench`: installs if need be, then the benchmark with the arguments given after `--`.
import { ensureInstalled, inRoot, runNode24 } from "./bootstrap.mjs";

ensureInstalled();
process.exitCode = await runNode24([inRoot("bench/contest/run.ts"), ...process.argv.slice(2)]);
