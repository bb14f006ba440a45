import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { errorTable } from "@exhibit/contracts";
import { instrumentTable, spanTable } from "@exhibit/telemetry";
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

test("docs/telemetry.md has every span and instrument with all its attributes, and no other", () => {
  const rows = rowsOf("telemetry.md");
  const table = { ...spanTable, ...instrumentTable };
  expect([...rows.keys()].sort()).toEqual(Object.keys(table).sort());
  for (const [name, { attributes, ...entry }] of Object.entries(table)) {
    expect(rows.get(name), name).toContain("covers" in entry ? entry.covers : entry.measures);
    for (const attribute of attributes) expect(rows.get(name), name).toContain(`\`${attribute}\``);
  }
});

test("every page that README and docs link to is there", () => {
  const pages = ["../README.md", ...readdirSync(docs).filter((name) => name.endsWith(".md"))];
  const dead = pages.flatMap((page) => {
    const path = join(docs, page);
    const links = readFileSync(path, "utf8").matchAll(/\]\((?!https?:)([^)#\s]+)[^)]*\)/g);
    return [...links]
      .filter(([, target = ""]) => !existsSync(join(path, "..", target)))
      .map(([link]) => `${page}: ${link}`);
  });
  expect(dead).toEqual([]);
});
