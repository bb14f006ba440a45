import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { environmentNames } from "@exhibit/config";
import { errorTable, fileStates, folderView, importStatuses } from "@exhibit/contracts";
import { shardStates } from "@exhibit/ledger";
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

test("docs/telemetry.md has every span and instrument with exactly its attributes, and no other", () => {
  const rows = rowsOf("telemetry.md");
  const table = { ...spanTable, ...instrumentTable };
  expect([...rows.keys()].sort()).toEqual(Object.keys(table).sort());
  for (const [name, { attributes, ...entry }] of Object.entries(table)) {
    expect(rows.get(name), name).toContain("covers" in entry ? entry.covers : entry.measures);
    const named = (rows.get(name) ?? "").matchAll(/`(exhibit\.[^`]+)`/g);
    expect(
      [...named].map(([, attribute]) => attribute),
      name,
    ).toEqual([...attributes]);
  }
});

/** The page's sections, by their headings. */
function sectionsOf(page: string): Map<string, string> {
  const [, ...sections] = readFileSync(join(docs, page), "utf8").split(/^## /m);
  return new Map(sections.map((text) => [text.slice(0, text.indexOf("\n")), text]));
}

/** The states of the Mermaid diagram in a text. */
function drawnIn(text: string): string[] {
  const arrows = text.matchAll(/^ {4}(\S+) --> ([^\s:]+)/gm);
  const states = new Set([...arrows].flatMap(([, from = "", to = ""]) => [from, to]));
  states.delete("[*]");
  return [...states].sort();
}

test.each([
  ["Import", importStatuses],
  ["Folder", folderView.shape.status.options],
  ["Shard", shardStates],
  ["File", fileStates],
])("docs/states.md draws every state of: %s, and no other", (heading, states) => {
  expect(drawnIn(sectionsOf("states.md").get(heading) ?? "")).toEqual([...states].sort());
});

test("docs/states.md names functions, files and tests that are there", () => {
  const page = readFileSync(join(docs, "states.md"), "utf8");
  const packages = join(docs, "../packages");
  const textOf = (path: string) => {
    if (path.endsWith(".test.ts")) return textAt(join(packages, "ledger/test/integration", path));
    return textAt(join(packages, path.includes("/src/") ? path : join("ledger/src", path)));
  };
  const files = new Set([...page.matchAll(/`([^`\s]+\.ts)`/g)].map(([, path = ""]) => path));
  files.delete("test/unit/docs.test.ts");
  expect([...files].filter((path) => textOf(path) === undefined)).toEqual([]);
  expect(files.size).toBeGreaterThan(30);

  const pairs = [...page.matchAll(/((?:`\w+`,? (?:and )?)+)in `([^`]+\.ts)`/g)];
  const missing = pairs.flatMap(([, names = "", path = ""]) =>
    [...names.matchAll(/`(\w+)`/g)]
      .filter(([, name]) => !new RegExp(`function ${name}\\b`).test(textOf(path) ?? ""))
      .map(([, name]) => `${name} in ${path}`),
  );
  expect(missing).toEqual([]);
  expect(pairs.length).toBeGreaterThan(30);
});

function textAt(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

test("docs/configuration.md and the guide of the command line have every EXHIBIT_ variable, and no other", () => {
  const page = readFileSync(join(docs, "configuration.md"), "utf8");
  const firstCells = [...page.matchAll(/^\| (`EXHIBIT_[^|]+) \|/gm)].join();
  const guide = readFileSync(join(docs, "../apps/cli/src/guide.ts"), "utf8");
  const names = (text: string, pattern: RegExp) =>
    [...text.matchAll(pattern)].map(([, name]) => name);
  const all = [...environmentNames].sort();
  expect([...new Set(names(firstCells, /`(EXHIBIT_\w+)`/g))].sort()).toEqual(all);
  expect(names(guide, /^ {2}(EXHIBIT_\w+)/gm).sort()).toEqual(all);
});

test("docs/attacks.md names a test for each attack, and each of these is there", () => {
  const page = readFileSync(join(docs, "attacks.md"), "utf8");
  const rows = page.split("\n").filter((line) => /^\| (?!attack|#|---)/.test(line));
  expect(rows.length).toBeGreaterThan(45);
  for (const row of rows) {
    const files = [...row.matchAll(/`([^`]+\.test\.ts)`/g)].map(([, path = ""]) => path);
    expect(files.length, row).toBeGreaterThan(0);
    for (const file of files) expect(existsSync(join(docs, "..", file)), file).toBe(true);
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
