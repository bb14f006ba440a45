// `npm test`: installs what is missing, type-checks, lints, runs all tests but the long ones once,
// and ends with "N passed, N failed". Arguments go to vitest: `npm test -- packages/oss`.
// `npm run test:long` runs the long ones.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ensureInstalled, environmentOfNode24, inRoot, run, runNode24 } from "./bootstrap.mjs";
import { ensurePrograms } from "./test/ensure-programs.mjs";
import { createScratchFolder } from "./test/scratch-folder.mjs";
import { tallyOf } from "./test/tally.mjs";

ensureInstalled();
ensurePrograms();

const failedChecks = [];
for (const check of ["typecheck", "lint"]) {
  if ((await turbo(check)) !== 0) failedChecks.push(check);
}
const given = process.argv.slice(2);
const chosen = given.some((word) => word.startsWith("--project")) ? [] : ["--project=!long"];
const { report, exitCode } = await vitest([...chosen, ...given]);
const tally = tallyOf({ report, exitCode, failedChecks });

process.stdout.write(
  `${[...tally.notes, `${tally.passed} passed, ${tally.failed} failed`].join("\n")}\n`,
);
process.exitCode = tally.failed === 0 ? 0 : 1;

function turbo(task) {
  return run(inRoot("node_modules/.bin/turbo"), ["run", task, "--output-logs=errors-only"], {
    cwd: inRoot("."),
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...environmentOfNode24(), DO_NOT_TRACK: "1", TURBO_NO_UPDATE_NOTIFIER: "1" },
  });
}

/** Runs the tests with the usual output and reads their numbers from a JSON report beside it. */
async function vitest(args) {
  const folder = createScratchFolder();
  const file = join(folder.path, "report.json");
  try {
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    const exitCode = await runNode24(
      [inRoot("node_modules/vitest/vitest.mjs"), "run", ...reporters, ...args],
      {
        cwd: inRoot("."),
        stdio: ["ignore", "inherit", "inherit"],
        // Tests start many processes and threads: none of them compiles what another has compiled.
        env: {
          ...process.env,
          NODE_COMPILE_CACHE: inRoot("node_modules/.cache/exhibit-tests"),
          TMPDIR: folder.path,
        },
      },
    );
    return { exitCode, report: reportIn(file) };
  } finally {
    folder.remove();
  }
}

function reportIn(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // vitest writes no report when it can't start.
    return undefined;
  }
}
