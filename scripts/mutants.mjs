// `npm run mutants`: installs what is missing, then plants faults in the code one by one and sees whether a test notices.
// Arguments are parts of files' names: `npm run mutants -- packages/oss`.
import { ensureInstalled, inRoot, runNode24 } from "./bootstrap.mjs";
import { ensurePrograms } from "./test/ensure-programs.mjs";

ensureInstalled();
ensurePrograms();

process.exitCode = await runNode24([inRoot("test/mutants/run.ts"), ...process.argv.slice(2)], {
  cwd: inRoot("."),
});
