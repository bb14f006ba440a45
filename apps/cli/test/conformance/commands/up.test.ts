import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { startSandbox } from "@exhibit/sandbox";
import { expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { scratchFolder } from "../../support/scratch.ts";

const main = new URL("../../../bin/exhibit.mjs", import.meta.url).pathname;

/** `exhibit up` with a sandbox's vendors, and what it says until it has ended. */
async function up(more: Record<string, string>) {
  const folder = await scratchFolder();
  const sandbox = await startSandbox({ dataDir: join(folder, "sandbox") });
  onTestFinished(() => sandbox.close());
  const config = join(folder, "exhibit.yaml");
  const gone = join(folder, "gone");
  await writeFile(config, stringify(sandbox.config([folder, gone, "/"])));
  const path = `${new URL(".", `file://${process.execPath}`).pathname}:/usr/bin:/bin`;
  const dataDir = join(folder, "data");
  const child = spawn(process.execPath, [main, "up"], {
    env: { PATH: path, EXHIBIT_CONFIG: config, EXHIBIT_DATA_DIR: dataDir, ...more },
    stdio: ["ignore", "ignore", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return { child, dataDir, gone, said: text(child.stderr), exited: once(child, "exit") };
}

test("a port that was asked for and is taken isn't replaced by another", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const { said, exited } = await up({ EXHIBIT_API_PORT: String(port) });
  expect(await exited).toEqual([2, null]);
  expect(await said).toContain(`Port ${port} on 127.0.0.1 is used by another program`);
}, 120_000);

test("a root that isn't there is said, and one that is everything, and who hangs up without a terminal isn't heard", async () => {
  const { child, dataDir, gone, said, exited } = await up({ EXHIBIT_API_PORT: "0" });
  await once(child.stderr, "data");
  child.stderr.on("data", (piece: Buffer) => {
    if (!piece.includes("It stays up")) return;
    child.kill("SIGHUP");
    child.kill("SIGTERM");
  });
  expect(await exited).toEqual([0, null]);
  expect(await said).toContain(`WARNING: ${gone} of sources.roots doesn't exist`);
  // Whoever started it gets in: a browser by the link, and commands by the key.
  expect(await said).toMatch(/Log in {6}http:\/\/127\.0\.0\.1:\d+\/login#[0-9A-Za-z]{43} \(once/);
  const keyPath = join(dataDir, "api-key");
  expect(await readFile(keyPath, "utf8")).toMatch(/^exh_[0-9A-Za-z]{57}\n$/);
  expect((await stat(keyPath)).mode & 0o777).toBe(0o600);
  expect(await said).toContain("WARNING: / of sources.roots is a whole file system");
}, 120_000);
