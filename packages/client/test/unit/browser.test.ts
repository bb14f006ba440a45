import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const IMPORT = /(?:^|\n)\s*(?:import|export)\s[^"';]*?from\s+"([^"]+)"/g;

/** Every module of ours that `file` loads, and every other specifier that they name. */
function loadedBy(file: string, seen = new Map<string, string[]>()): Map<string, string[]> {
  if (seen.has(file)) return seen;
  const foreign: string[] = [];
  seen.set(file, foreign);
  for (const [, specifier = ""] of readFileSync(file, "utf8").matchAll(IMPORT)) {
    const isOurs = specifier.startsWith(".") || specifier.startsWith("@exhibit/");
    if (!isOurs) foreign.push(specifier);
    else if (specifier.startsWith("."))
      loadedBy(fileURLToPath(new URL(specifier, `file://${file}`)), seen);
    else loadedBy(fileURLToPath(import.meta.resolve(specifier)), seen);
  }
  return seen;
}

test("nothing that the client loads needs Node, so that a browser can load it", () => {
  const client = fileURLToPath(new URL("../../src/index.ts", import.meta.url));
  const foreign = [...loadedBy(client).values()].flat();
  expect(foreign.filter((specifier) => specifier.startsWith("node:"))).toEqual([]);
  expect([...new Set(foreign)].sort()).toEqual(["eventsource-parser", "zod"]);
});
