import { readFileSync } from "node:fs";
import { join } from "node:path";
import { errorTable } from "@exhibit/contracts";
import { expect, test } from "vitest";

const docs = join(import.meta.dirname, "../../docs");

/** The rows of a Markdown table whose first cell is a name in backticks. */
function rowsOf(page: string): Map<string, string> {
  const rows = readFileSync(join(docs, page), "utf8").matchAll(/^\| `([^`]+)` \|(.*)\|$/gm);
  return new Map([...rows].map(([, name = "", rest = ""]) => [name, rest]));
}

test("docs/errors.md has every error code, each with its meaning, its remedy and its status, and no other", () => {
  const rows = rowsOf("errors.md");
  expect([...rows.keys()].sort()).toEqual(Object.keys(errorTable).sort());
  for (const [code, { meaning, remedy, status }] of Object.entries(errorTable)) {
    const row = rows.get(code) ?? "";
    expect(row, code).toContain(meaning);
    expect(row, code).toContain(remedy);
    expect(row, code).toMatch(new RegExp(`\\b${status}\\s*$`));
  }
});
