import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { ImportView } from "@exhibit/contracts";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BoardJob, bullBoardOf } from "../../support/bull-board.ts";
import {
  bothEngines,
  importOfSuits,
  type System,
  startSystem,
  writeTree,
} from "../../support/system.ts";

describe.each(bothEngines)("Retries of failed shards (%s)", (kind) => {
  let system: System;
  let board: ReturnType<typeof bullBoardOf>;

  beforeEach(async () => {
    system = await startSystem(kind);
    board = bullBoardOf(system);
  });
  afterEach(() => system[Symbol.asyncDispose]());

  /** An import of three suits that the vendor refuses, until it is healed. */
  async function refused(): Promise<ImportView> {
    const suits = ["1001", "1002", "1003"];
    for (const suit of suits) {
      await writeTree(join(system.root, suit), { "a.pdf": suit });
      system.sandbox.gateway.refuse({
        vendor: "kongur",
        folder: suit,
        code: "SUIT_CLOSED",
        message: "案件已结案",
      });
    }
    const view = await system.run(importOfSuits(system.root, ...suits));
    expect(view).toMatchObject({ status: "attention", failed: 3 });
    return view;
  }

  test("Retry all of Bull Board takes up every failed shard of an import that has come to rest", async () => {
    const { import_id } = await refused();
    await board.failed(3);
    system.sandbox.gateway.heal();
    expect(JSON.parse(await board.retryAll())).toMatchObject({ retried: 3 });
    expect(await system.sealed(import_id)).toMatchObject({ stored: 3, failed: 0 });
    expect(await board.failed(0)).toEqual([]);
  });

  test("a retry that fails again is among the failed ones again, with its reasons in the log", async () => {
    const { import_id } = await refused();
    const [job] = (await board.failed(3)) as [BoardJob];
    for (let times = 2; times <= 7; times += 1) {
      await board.retry(job);
      const complaints = async () =>
        (await board.logs(job)).filter((line) => line.includes("VENDOR_REFUSED a.pdf: ")).length;
      while ((await complaints()) < times || (await board.count("failed")) < 3)
        await setTimeout(20);
    }
    system.sandbox.gateway.heal();
    await board.retryAll();
    expect(await system.sealed(import_id)).toMatchObject({ stored: 3, failed: 0 });
  });

  test("when retention has removed the failed jobs, a retry of the import makes them anew", async () => {
    const { import_id } = await refused();
    for (const job of await board.failed(3)) await board.remove(job);
    expect(await board.failed(0)).toEqual([]);
    system.sandbox.gateway.heal();
    const { status } = await system.post(`/v1/imports/${import_id}/retry`);
    expect(status).toBe(202);
    expect(await system.rest(import_id)).toMatchObject({ status: "sealed", stored: 3 });
  });

  test("when retention has removed a failed plan job, a retry of the import walks the source", async () => {
    const { import_id } = await system.run(importOfSuits(system.root, "1001"));
    const [job] = (await board.failed(1, "plan")) as [BoardJob];
    await board.remove(job, "plan");
    expect(await board.failed(0, "plan")).toEqual([]);
    await writeTree(join(system.root, "1001"), { "late.pdf": "late" });
    await system.post(`/v1/imports/${import_id}/retry`);
    expect(await system.rest(import_id)).toMatchObject({ status: "sealed", stored: 1 });
  });
});

test("An import whose totals differ from its files isn't sealed, says so, and is once they are mended", async () => {
  await using system = await startSystem("Redis and Postgres");
  const board = bullBoardOf(system);
  const database = new pg.Client(system.environment.databaseUrl);
  await database.connect();
  await writeTree(join(system.root, "1001"), { "a.pdf": "a" });
  const held = system.sandbox.oss.hold({ method: "PUT" });
  const { body } = await system.post<ImportView>("/v1/imports", importOfSuits(system.root, "1001"));
  await held.reached();
  await database.query("update imports set bytes = bytes + 7 where id = $1", [body.import_id]);
  held.release();
  const view = await system.rest(body.import_id);
  expect(view).toMatchObject({
    status: "attention",
    stored: 1,
    errors: [{ code: "TOTALS_WRONG", message: expect.stringContaining("bytes 8 (rows: 1)") }],
  });
  const [job] = await board.failed(1, "seal");
  expect(job?.failedReason).toContain("bytes 8 (rows: 1)");

  await database.query("update imports set bytes = bytes - 7 where id = $1", [body.import_id]);
  await database.end();
  await system.post(`/v1/imports/${body.import_id}/retry`);
  expect(await system.rest(body.import_id)).toMatchObject({ status: "sealed", errors: [] });
});
