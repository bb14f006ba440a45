import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/index.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "exhibit-yaml-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Returns what is reported about a file, and after how many milliseconds. */
async function said(text: string | Buffer): Promise<{ lines: string[]; ms: number }> {
  const path = join(folder, "exhibit.yaml");
  await writeFile(path, text);
  const began = performance.now();
  const error = await loadConfig(path, {}).then(
    () => undefined,
    (thrown: Error & { code?: string }) => thrown,
  );
  expect(error?.code).toBe("CONFIG_INVALID");
  return { lines: (error?.message ?? "").split("\n").slice(1), ms: performance.now() - began };
}

const strings = Array.from({ length: 10_000 }, (_, index) => `s${index}`).join(",");
const aliases = Array.from({ length: 99 }, (_, index) => `b${index}: *a`).join("\n");
const noAliases = "aliases and anchors (* and &) aren't supported: write out the value";

describe("A configuration that would overload the parser", () => {
  it.each<[string, string | Buffer, string]>([
    ["a list repeated by aliases", `a: &a [${strings}]\n${aliases}\n`, `line 1: ${noAliases}`],
    ["an alias of itself", "x: 1\na: &a [*a]\n", `line 2: ${noAliases}`],
    ["an alias of nothing", "x: 1\n\na: *b\n", `line 3: ${noAliases}`],
    ["a merge", "a: &a {b: 1}\nc:\n  <<: *a\n", `line 1: ${noAliases}`],
    [
      "brackets in brackets",
      `a: ${"[".repeat(20_000)}`,
      "line 1: values are nested more than 50 levels deep",
    ],
    [
      "braces in braces",
      `a: 1\nb: ${"{a: ".repeat(20_000)}`,
      "line 2: values are nested more than 50 levels deep",
    ],
    [
      "lists in lists",
      `${"- ".repeat(20_000)}x`,
      "line 1: values are nested more than 50 levels deep",
    ],
    [
      "keys in keys",
      `${"? ".repeat(20_000)}x`,
      "line 1: values are nested more than 50 levels deep",
    ],
    [
      "too many keys",
      Array.from({ length: 80_000 }, (_, index) => `k${index}: v`).join("\n"),
      "line 5001: there are more than 10,000 keys and values up to this line",
    ],
    ["a large file", `a: ${"x".repeat(1024 * 1024)}`, "it is larger than 1 MiB"],
    ["another charset", Buffer.from("a: \xba\xcf", "latin1"), "it isn't UTF-8"],
  ])("is refused at once with a message: %s", async (_, text, sentence) => {
    const { lines, ms } = await said(text);
    expect(lines).toEqual([sentence]);
    // The parser would take minutes for some of these. A busy machine is slow by itself.
    expect(ms).toBeLessThan(5_000);
  });

  it("is refused even if the file is endless", async () => {
    await expect(loadConfig("/dev/zero", {})).rejects.toThrow(/it is larger than 1 MiB/);
  });
});

it("Characters in a text that look like an alias or a bracket are accepted", async () => {
  const path = join(folder, "good.yaml");
  const roots = `\n  - "/a&b"\n  - '/*c'\n  - /[[[d\n  - "/e # f"\n# & * [\n`;
  await writeFile(path, `sources:\n  roots:${roots.replaceAll("\n  ", "\n    ")}vendors: {}\n`);
  const { sources } = await loadConfig(path, {});
  expect(sources.roots).toEqual(["/a&b", "/*c", "/[[[d", "/e # f"]);
});
