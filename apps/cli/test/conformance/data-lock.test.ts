import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { lockDataFolder } from "../../src/up/data-lock.ts";
import { scratchFolder } from "../support/scratch.ts";

/** A process that does nothing until the test is over. */
async function otherProcess(): Promise<number> {
  const child = spawn(process.execPath, ["-e", "console.log(1); setInterval(() => {}, 1000)"]);
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child.pid ?? 0;
}

/** The lock that a process with this pid would have written. */
async function lockOf(folder: string, pid: number): Promise<void> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  const started = stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  await writeFile(join(folder, "up.lock"), JSON.stringify({ pid, started }));
}

test("a folder is one process's own for as long as it runs", async () => {
  const folder = await scratchFolder();
  const pid = await otherProcess();
  await lockOf(folder, pid);
  await expect(lockDataFolder(folder)).rejects.toMatchObject({
    code: "REQUEST_INVALID",
    message: expect.stringContaining(`process ${pid}`),
  });
});

test("the lock goes with its holder", async () => {
  const folder = await scratchFolder();
  const lock = await lockDataFolder(folder);
  await access(join(folder, "up.lock"));
  await lock[Symbol.asyncDispose]();
  await expect(access(join(folder, "up.lock"))).rejects.toThrow("ENOENT");
});

test("the lock of a process that died is taken over", async () => {
  const folder = await scratchFolder();
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  await writeFile(join(folder, "up.lock"), JSON.stringify({ pid: child.pid, started: "1" }));
  await using lock = await lockDataFolder(folder);
  expect(lock).toBeDefined();
});

test("a pid that was given to another process since doesn't hold the lock", async () => {
  const folder = await scratchFolder();
  await writeFile(
    join(folder, "up.lock"),
    JSON.stringify({ pid: await otherProcess(), started: "1" }),
  );
  await using lock = await lockDataFolder(folder);
  expect(lock).toBeDefined();
});

test("a lock that isn't whole is taken over", async () => {
  const folder = await scratchFolder();
  await writeFile(join(folder, "up.lock"), "");
  await using lock = await lockDataFolder(folder);
  expect(lock).toBeDefined();
});
