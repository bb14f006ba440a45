import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import type { BandwidthView, ImportView } from "@exhibit/contracts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cli } from "../../support/exhibit.ts";
import { anyEngine, directory, type System, startSystem, writeTree } from "../../support/system.ts";

const MiB = 1024 * 1024;
/** What a change of the limit may take. */
const IN_FORCE_MS = 5000;
describe.each(anyEngine)("Flow control (%s)", (kind) => {
  let system: System;

  beforeEach(async () => {
    system = await startSystem(kind);
  });
  afterEach(() => system[Symbol.asyncDispose]());

  const suit = () => ({
    entrust_id: "E-77",
    suit_ids: ["1001"],
    folders: [directory("kongur", { suit_id: "1001" }, join(system.root, "1001"))],
  });

  const write = (count: number, content: (index: number) => string | Uint8Array) =>
    writeTree(
      join(system.root, "1001"),
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}.bin`, content(i)])),
    );

  /** As a person at a terminal. */
  async function exhibit(...args: string[]) {
    const env = { ...process.env, EXHIBIT_API_URL: system.apiUrl, EXHIBIT_API_KEY: system.key };
    const child = spawn(process.execPath, [cli, ...args], { env });
    const code = new Promise<number | null>((resolve) => child.once("exit", resolve));
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return { code: await code, stdout, stderr };
  }

  const puts = () =>
    system.sandbox.oss.log.entries().filter(({ operation }) => operation === "PutObject");

  test("an OSS that takes few requests at once gets every file, and no file fails", async () => {
    const { oss } = system.sandbox;
    await write(600, (index) => `evidence ${index}`);
    oss.throttle({ concurrent: 6 });
    // Slow enough that more would be under way if they weren't kept back.
    oss.fail({ match: { operation: "PutObject" }, delayMs: 10, times: "always" });
    const view = await system.run(suit());
    expect(view).toMatchObject({ status: "sealed", stored: 600, failed: 0, errors: [] });
    const refused = puts().filter(({ status }) => status === 503).length;
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(600);
  });

  test("an OSS that counts requests in a second gets every file, too", async () => {
    await write(300, (index) => `evidence ${index}`);
    system.sandbox.oss.throttle({ perSecond: 100 });
    const view = await system.run(suit());
    expect(view).toMatchObject({ status: "sealed", stored: 300, failed: 0, errors: [] });
  });

  test("a limit set at the terminal is in force within five seconds and holds over a transfer", async () => {
    const set = await exhibit("bwlimit", "4M", "--why", "the office works");
    expect(set).toMatchObject({ code: 0, stdout: expect.stringContaining("4M: 4 MiB/s now") });
    expect(await system.get<BandwidthView>("/v1/bandwidth")).toMatchObject({
      limit: "4M",
      bytes_per_second: 4 * MiB,
      workers: 1,
      changes: [{ limit: "4M", why: "the office works" }],
    });
    await setTimeout(IN_FORCE_MS);
    await write(10, () => randomBytes(4 * MiB));
    expect(await system.run(suit())).toMatchObject({ status: "sealed", stored: 10 });
    const sent = puts();
    const began = Math.min(...sent.map(({ at }) => at));
    const ended = Math.max(...sent.map(({ at, took }) => at + took));
    const rate = (10 * 4 * MiB) / ((ended - began) / 1000);
    expect(rate).toBeGreaterThan(0.9 * 4 * MiB);
    expect(rate).toBeLessThan(1.1 * 4 * MiB);
  });

  test("a limit that is taken away lets go of what is being sent", async () => {
    expect(await exhibit("bwlimit", "256k")).toMatchObject({ code: 0 });
    await setTimeout(IN_FORCE_MS);
    // More than half a minute's worth.
    await write(4, () => randomBytes(2 * MiB));
    const hold = system.sandbox.oss.hold({ operation: "PutObject" });
    const { body } = await system.post<ImportView>("/v1/imports", suit());
    await hold.reached(4);
    hold.release();
    const rest = system.rest(body.import_id);
    const changedAt = performance.now();
    const off = await exhibit("bwlimit", "off", "--json");
    expect(JSON.parse(off.stdout)).toMatchObject({ limit: "off", bytes_per_second: null });
    expect(await rest).toMatchObject({ status: "sealed", stored: 4 });
    expect(performance.now() - changedAt).toBeLessThan(15_000);
  });

  test("a limit that can't be read is refused with the piece at fault", async () => {
    const refused = await exhibit("bwlimit", "08:00,512k 19:00,fast");
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('"19:00,fast"') });
    const { stdout } = await exhibit("bwlimit");
    expect(stdout).toBe("off: no limit now, for 1 worker together\n");
  });
});
