// Plants each fault of the list, one at a time, and runs the test that has to notice it. Arguments are parts of the names of
// files: `npm run mutants -- oss queue`.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Mutant, mutants } from "./list.ts";
import { planted } from "./planted.ts";

const root = join(import.meta.dirname, "../..");
const report = join(mkdtempSync(join(tmpdir(), "exhibit-mutants-")), "report.json");

const named = process.argv.slice(2);
const chosen = mutants.filter(
  ({ file }) => named.length === 0 || named.some((part) => file.includes(part)),
);
refuseChangedFiles(chosen);

let alive = 0;
for (const mutant of chosen) {
  const verdict = await judge(mutant);
  if (verdict !== "killed") alive += 1;
  process.stdout.write(`${verdict}  ${mutant.file}: ${mutant.what}\n`);
}
rmSync(join(report, ".."), { recursive: true });
process.stdout.write(`${chosen.length - alive} of ${chosen.length} planted faults are noticed\n`);
process.exitCode = alive === 0 ? 0 : 1;

/** Text is changed in place, so that `git checkout` has to be a way back from everything. */
function refuseChangedFiles(of: readonly Mutant[]): void {
  const files = of.map(({ file }) => file);
  const changed = execFileSync("git", ["diff", "--name-only", "HEAD", "--", ...files], {
    cwd: root,
    encoding: "utf8",
  });
  if (changed === "") return;
  process.stderr.write(`Commit or stash these first; faults are planted in them:\n${changed}`);
  process.exit(2);
}

/** Returns `killed` only if the named test ran and failed: a file that can't be loaded proves nothing. */
async function judge(mutant: Mutant): Promise<string> {
  const path = join(root, mutant.file);
  const sound = readFileSync(path, "utf8");
  const restore = () => writeFileSync(path, sound);
  const restoreAndExit = () => {
    restore();
    process.exit(130);
  };
  process.once("SIGINT", restoreAndExit);
  try {
    writeFileSync(path, planted(sound, mutant));
    await runTest(mutant.test);
    return readVerdict();
  } finally {
    restore();
    process.off("SIGINT", restoreAndExit);
  }
}

function runTest({ file, name }: Mutant["test"]): Promise<void> {
  rmSync(report, { force: true });
  const pattern = name.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const vitest = spawn(
    process.execPath,
    [
      "node_modules/vitest/vitest.mjs",
      "run",
      "--reporter=json",
      `--outputFile=${report}`,
      file,
      "-t",
      pattern,
    ],
    { cwd: root, stdio: "ignore" },
  );
  return new Promise((resolve) => vitest.once("exit", () => resolve()));
}

function readVerdict(): string {
  const { numFailedTests, numPassedTests } = JSON.parse(readFileSync(report, "utf8"));
  if (numFailedTests > 0) return "killed";
  return numPassedTests > 0 ? "ALIVE " : "NO TEST";
}
