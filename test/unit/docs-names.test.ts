import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { environmentNames } from "@exhibit/config";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

// What the pages name has to be there: paths, headings, commands, variables, identifiers.

const pages = [
  "README.md",
  "CONTRIBUTING.md",
  ...readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

function textOf(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** Returns the first group of each match in the pages, with the page. */
function saidBy(pattern: RegExp): { page: string; said: string }[] {
  return pages.flatMap((page) =>
    [...textOf(page).matchAll(pattern)].map(([, said = ""]) => ({ page, said })),
  );
}

function lineOf({ page, said }: { page: string; said: string }): string {
  return `${page}: ${said}`;
}

test("every path of ours that README, CONTRIBUTING and docs name is there", () => {
  const paths = saidBy(
    /(?<![\w/.@-])((?:apps|packages|bench|simulation|test|scripts|docs|\.ci)\/[\w./-]*\w)(?![\w*<])/g,
  );
  expect(paths.length).toBeGreaterThan(100);
  const missing = paths.filter(({ said }) => !existsSync(join(root, said)));
  expect(missing.map(lineOf)).toEqual([]);
});

/** Returns the name that GitHub gives a heading in links. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .trim()
    .replace(/\s/g, "-");
}

test("every heading that a link of the pages leads to is there", () => {
  const links = saidBy(/\]\(((?!https?:)[^)\s]*#[^)\s]+)\)/g);
  expect(links.length).toBeGreaterThan(5);
  const dead = links.filter(({ page, said }) => {
    const [target = "", anchor] = said.split("#");
    const path = target === "" ? page : join(page, "..", target);
    const headings = textOf(path).matchAll(/^#+ (.+)$/gm);
    return ![...headings].some(([, heading = ""]) => anchorOf(heading) === anchor);
  });
  expect(dead.map(lineOf)).toEqual([]);
});

test("every command of `exhibit` that the pages name exists, and every command has its place in a page", () => {
  const folder = "apps/cli/src/commands";
  const commands = readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => {
      const [, name] = /\.command\("([\w-]+)/.exec(textOf(join(folder, file))) ?? [];
      return name === undefined ? [] : [name];
    });
  expect(commands.length).toBeGreaterThan(15);
  const named = saidBy(/(?:npx |[`(])exhibit ([a-z][\w-]*)/g);
  const unknown = named.filter(({ said }) => said !== "help" && !commands.includes(said));
  expect(unknown.map(lineOf)).toEqual([]);
  const silent = commands.filter((command) => !named.some(({ said }) => said === command));
  expect(silent).toEqual([]);
});

test("every EXHIBIT_ variable that the pages name is read", () => {
  // These are for developers: only tests read them.
  const ofTests = ["EXHIBIT_TEST_ENGINE", "EXHIBIT_FIGURES", "EXHIBIT_FUZZ_SEED"];
  const known = new Set<string>([...environmentNames, ...ofTests]);
  const unknown = saidBy(/\b(EXHIBIT_[A-Z_]*[A-Z])\b/g).filter(
    ({ said }) => !known.has(said) && !known.has(said.replace(/_FILE$/, "")),
  );
  expect(unknown.map(lineOf)).toEqual([]);
});

/** Words of Kubernetes, Node, glibc and Postgres, and a variable that isn't read on purpose. */
const foreign = new Set([
  "terminationGracePeriodSeconds",
  "NODE_EXTRA_CA_CERTS",
  "SSL_CERT_FILE",
  "ALL_PROXY",
  "MALLOC_TRIM_THRESHOLD_",
  "MALLOC_MMAP_THRESHOLD_",
  "max_connections",
]);

test("every identifier that the pages name is in the code", () => {
  const code = ["packages", "apps", "bench", "simulation", "test", "scripts"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(ts|mjs|json)$/.test(file) && !file.includes("node_modules"))
      // This file names what isn't in the code.
      .filter((file) => !file.endsWith("docs-names.test.ts"))
      .map((file) => textOf(join(folder, file))),
  );
  const words = new Set(code.join("\n").match(/\w+/g));
  const named = saidBy(/`(\w*[a-z][A-Z]\w*|\w+_\w+)(?:\([^`]*\))?`/g);
  expect(named.length).toBeGreaterThan(100);
  expect(named.filter(({ said }) => !words.has(said) && !foreign.has(said)).map(lineOf)).toEqual(
    [],
  );
});
