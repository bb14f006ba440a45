// `npm run scale`: installs if need be, then the fleet in virtual time with the arguments given after `--`.
import { ensureInstalled, inRoot, runNode24 } from "./bootstrap.mjs";

ensureInstalled();
process.exitCode = await runNode24([inRoot("simulation/run.ts"), ...process.argv.slice(2)]);
