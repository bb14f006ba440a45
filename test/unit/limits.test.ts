import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

function textOf(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** What the code counts in: milliseconds and bytes. */
const units: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** Returns what a value such as `48 MiB` may be in the code; a percentage also as a share of one. */
function numbersOf(value: string): number[] {
  const [, digits = "", unit = ""] = /^([\d,.]+) ?(\S*)/.exec(value) ?? [];
  const number = Number(digits.replaceAll(",", ""));
  return unit === "%" ? [number, number / 100] : [number * (units[unit] ?? 1)];
}

/** Returns the values of the constants and properties of this name in a file, arithmetic worked out. */
function valuesIn(path: string, name: string): number[] {
  const source = textOf(path);
  const said = [
    ...source.matchAll(new RegExp(`\\bconst ${name}(?:: [^=]+)? =\\s*([^;]+);`, "g")),
    ...source.matchAll(new RegExp(`\\b${name}: ([\\w *]+)[,\\s}]`, "g")),
  ].map(([, expression = ""]) => expression);
  return said.flatMap((expression) => {
    const used = expression.match(/\b[A-Za-z]\w*\b/g) ?? [];
    const others = used.map((other) => [other, valuesIn(homeOf(path, other), other)[0]]);
    try {
      const value: unknown = runInNewContext(expression, Object.fromEntries(others));
      return typeof value === "number" ? [value] : [];
    } catch {
      return [];
    }
  });
}

/** Returns the file that a constant is imported from, or the file itself. */
function homeOf(path: string, name: string): string {
  const imported = new RegExp(`import \\{[^}]*\\b${name}\\b[^}]*\\} from "(\\.[^"]+)"`).exec(
    textOf(path),
  );
  return imported ? join(path, "..", imported[1] ?? "") : path;
}

const limits = [...textOf("docs/limits.md").matchAll(/^\| `(\w+)` \| ([^|]+) \| `([^`]+)` \|/gm)];

test.each(limits.map(([, name = "", value = "", path = ""]) => ({ name, value, path })))(
  "docs/limits.md: $name in $path is $value",
  ({ name, value, path }) => {
    const values = valuesIn(path, name);
    expect(values, "the constant isn't there").not.toEqual([]);
    expect(
      numbersOf(value).some((number) => values.includes(number)),
      `${values}`,
    ).toBe(true);
  },
);

test("every row of docs/limits.md is one that is compared", () => {
  const rows = [...textOf("docs/limits.md").matchAll(/^\| (?!-|constant)/gm)];
  expect(limits).toHaveLength(rows.length);
});
