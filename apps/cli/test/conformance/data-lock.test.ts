import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { lockDataFolder } from "../../src/process/data-lock.ts";
import { scratchFolder } from "../support/scratch.ts";

/** A process that does nothing until the test is over. */
async function otherProcess(): Promise<number> {
  const child = spawn(process.execPath, ["-e", "console.log(1); setInterval(() => {}, 1000)"]);
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child.pid ?? 0;
}

/** A process that has the folder until the test is over. */
async function lockingProcess(folder: string, beatEvery = 600_000) {
  const module = new URL("../../src/process/data-lock.ts", import.meta.url).href;
  const script = `const { lockDataFolder } = await import(${JSON.stringify(module)});
await lockDataFolder(${JSON.stringify(folder)}, { note: console.error, beatEvery: ${beatEvery} }); console.log(1); setInterval(() => {}, 1000)`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script]);
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return child;
}

/** The lock that a process with this pid would have written. */
async function lockOf(folder: string, pid: number): Promise<void> {
  const line = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  const started = line?.slice(line.lastIndexOf(")") + 2).split(" ")[19] ?? null;
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

test("a folder is kept by the kernel, whatever its holder's pid means here", async () => {
  const folder = await scratchFolder();
  const holder = await lockingProcess(folder);
  // As another container sees it: process 1 is somebody else there.
  await writeFile(join(folder, "up.lock"), JSON.stringify({ pid: 1, started: "1", host: "a-box" }));
  await expect(lockDataFolder(folder)).rejects.toMatchObject({
    code: "REQUEST_INVALID",
    message: expect.stringContaining("process 1 of a-box"),
  });
  holder.kill("SIGKILL");
  await once(holder, "exit");
  await using lock = await lockDataFolder(folder);
  expect(lock).toBeDefined();
});

describe("a folder whose holder was on another machine", () => {
  const elsewhere = { pid: 7, started: "1", host: "elsewhere", kernel: "another" };
  const left = async () => {
    const folder = await scratchFolder();
    const leave = (beat: number) =>
      writeFile(join(folder, "up.lock"), JSON.stringify({ ...elsewhere, beat }));
    await leave(1);
    return { folder, leave };
  };

  test("is taken over when nothing beats there any more, after a time that is said", async () => {
    const { folder } = await left();
    const notes: string[] = [];
    await using lock = await lockDataFolder(folder, {
      note: (line) => notes.push(line),
      beatEvery: 20,
    });
    expect(lock).toBeDefined();
    expect(notes).toEqual([
      `Process 7 of elsewhere may still use ${folder}. Waiting 0.08 s to find out…`,
    ]);
  });

  test("isn't while it beats, though the system's locks know nothing of it", async () => {
    const { folder, leave } = await left();
    await expect(
      lockDataFolder(folder, { note: () => void leave(2), beatEvery: 200 }),
    ).rejects.toThrow("process 7 of elsewhere");
  });

  test("isn't written to any more by who lost it while it slept", async () => {
    const folder = await scratchFolder();
    const holder = await lockingProcess(folder, 20);
    const [said, exited] = [text(holder.stderr), once(holder, "exit")];
    // More than once: a beat that was under way may come after it.
    const taking = setInterval(() => {
      void writeFile(join(folder, "up.lock"), JSON.stringify({ ...elsewhere, beat: 9 }));
    }, 15);
    onTestFinished(() => clearInterval(taking));
    expect(await exited).toEqual([1, null]);
    expect(await said).toContain("process 7 of elsewhere) is using");
  });
});

test("a holder beats", async () => {
  const folder = await scratchFolder();
  await using lock = await lockDataFolder(folder, { beatEvery: 5 });
  await vi.waitFor(async () => {
    const { beat } = JSON.parse(await readFile(join(folder, "up.lock"), "utf8")) as {
      beat: number;
    };
    expect(beat).toBeGreaterThan(1);
  });
  expect(lock).toBeDefined();
});

test("a folder is made for this user alone; one that can't be made or written is named with the reason", async () => {
  const folder = await scratchFolder(["file"]);
  await using lock = await lockDataFolder(join(folder, "made"));
  expect(lock).toBeDefined();
  expect((await stat(join(folder, "made"))).mode & 0o777).toBe(0o700);
  await expect(lockDataFolder(join(folder, "file", "below"))).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: `The data folder ${join(folder, "file", "below")} can't be made: ENOTDIR: not a directory. Choose another one by EXHIBIT_DATA_DIR.`,
  });
  await mkdir(join(folder, "up.lock.db"));
  await expect(lockDataFolder(folder)).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining("unable to open database file"),
  });
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
