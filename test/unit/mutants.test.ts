import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { mutants } from "../mutants/list.ts";
import { planted } from "../mutants/planted.ts";

const root = join(import.meta.dirname, "../..");
const textOf = (file: string) => readFileSync(join(root, file), "utf8");

test("every planted fault still has its place in the code, and its test a file", () => {
  expect(mutants.length).toBeGreaterThanOrEqual(40);
  for (const mutant of mutants) {
    expect(planted(textOf(mutant.file), mutant)).not.toBe(textOf(mutant.file));
    expect(existsSync(join(root, mutant.test.file)), mutant.test.file).toBe(true);
  }
});

test("docs/testing.md lists the planted faults, all and no others", () => {
  const rows = textOf("docs/testing.md")
    .split("\n")
    .filter((line) => /^\| .* \| `.*\.ts` \| `.*\.test\.ts` \|$/.test(line));
  expect(rows).toEqual(
    mutants.map(({ what, file, test }) => `| ${what} | \`${file}\` | \`${test.file}\` |`),
  );
});
