// `npm run faults`: installs what is missing, then breaks everything and checks whether a file was lost.
// Arguments go to the suite: `npm run faults -- --minutes 20 --seed 7`, `npm run faults -- --list`.
import { ensureInstalled, inRoot, runNode24 } from "./bootstrap.mjs";
import { ensurePrograms } from "./test/ensure-programs.mjs";

ensureInstalled();
ensurePrograms();

process.exitCode = await runNode24([inRoot("test/faults/main.ts"), ...process.argv.slice(2)], {
  cwd: inRoot("."),
});
