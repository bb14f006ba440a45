import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startSystem, writeTree } from "../../support/system.ts";

const page = readFileSync(join(import.meta.dirname, "../../../docs/api.md"), "utf8");

/** The page's examples. The test asks for what each prints by its comments. */
const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = ""]) => text);
const MARK = "--- the next example";

/** What an example says that it prints, line by line. */
function promisesOf(block: string): string[] {
  return [...block.matchAll(/^# → (.*)$/gm)].map(([, text = ""]) => text);
}

test("The examples of docs/api.md do what the page says, word for word, in one shell", async () => {
  await using system = await startSystem("embedded");
  await writeTree(join(system.root, "1001"), { "a.pdf": "a", "b/c.pdf": "c" });
  const folder = await mkdtemp(join(tmpdir(), "exhibit-api-examples-"));
  try {
    const script = blocks.join(`echo "${MARK}"\n`);
    const { stdout, stderr } = await promisify(execFile)(
      "bash",
      ["--norc", "-euo", "pipefail", "-c", script],
      {
        cwd: folder,
        env: {
          PATH: process.env.PATH,
          EXHIBIT_API_URL: system.apiUrl,
          EXHIBIT_API_KEY: system.key,
          EVIDENCE: system.root,
        },
      },
    );
    expect(stderr).toBe("");
    const printed = stdout.split(`${MARK}\n`).map((text) => text.split("\n").slice(0, -1));
    expect(printed).toHaveLength(blocks.length);
    for (const [index, block] of blocks.entries()) {
      const promises = promisesOf(block);
      const lines = printed[index] ?? [];
      // A line may go on where the page can't know how: with an id, or a charset.
      expect(
        lines.map((line, at) => line.slice(0, promises[at]?.length).trimEnd()),
        block,
      ).toEqual(promises);
    }
    expect(blocks.flatMap(promisesOf).length).toBeGreaterThan(12);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
