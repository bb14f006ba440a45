import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = new URL("../../../../", import.meta.url);
const entry = new URL("apps/cli/bin/exhibit.mjs", root);

test("the command runs by its first line, and the image and npm start give Node the same flags and environment", async () => {
  const { stdout } = await promisify(execFile)(fileURLToPath(entry), ["--help"]);
  expect(stdout).toContain("Usage: exhibit");
  const firstLine = /^#!\/usr\/bin\/env -S (?<name>\w+)=(?<value>\S+) node (?<flags>.*)$/m;
  const { name, value, flags } = firstLine.exec(await readFile(entry, "utf8"))?.groups ?? {};
  expect(flags).toMatch(/--max-semi-space-size=\d+/);
  for (const other of ["Dockerfile", "scripts/start.mjs", "bench/fleet.ts"]) {
    const text = await readFile(new URL(other, root), "utf8");
    for (const flag of flags?.split(" ") ?? []) expect(text, other).toContain(`"${flag}"`);
    expect(text, other).toMatch(new RegExp(`\\b${name}(=|: ")${value}\\b`));
  }
});

test("compiled modules are kept, and threads and worker processes are told where", async () => {
  const look = `await import(${JSON.stringify(entry.href)}); process.stdout.write(process.env.NODE_COMPILE_CACHE ?? "")`;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--input-type=module", "--eval", look, "--", "exhibit", "--help"],
    { env: { ...process.env, NODE_COMPILE_CACHE: "" } },
  );
  expect(stdout).toMatch(/node_modules\/\.cache\/exhibit$/);
});

test("an older Node isn't asked to understand it: it is left to Node 24, or told that there is none", async () => {
  const pretend = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.1.0" } })`;
  const args = ["--import", `data:text/javascript,${encodeURIComponent(pretend)}`];
  const ended = promisify(execFile)(process.execPath, [...args, fileURLToPath(entry), "--help"]);
  await expect(ended).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("Exhibit needs Node 24 or newer"),
  });
  // What an older Node doesn't export would be a SyntaxError before anything could be said.
  expect(await readFile(entry, "utf8")).not.toMatch(/^import \{[^}]*\} from "node:module"/m);
});
