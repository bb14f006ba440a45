import { everything } from "@exhibit/contracts";
import { ledgerKinds, liftGuard } from "@exhibit/ledger/testing";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createImport,
  forgetOldProgress,
  type Ledger,
  ledgerWithin,
  pauseImport,
  readImport,
  readRates,
  recordProgress,
} from "../../src/index.ts";
import { folderOf, planned, troubled, walking } from "../imports.ts";

const MB = 1_000_000;

describe.each(Object.entries(ledgerKinds))("The history of rates on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  const sumOf = (points: { files_per_second: number }[], step: number) =>
    points.reduce((all, { files_per_second }) => all + files_per_second * step, 0);

  test("adds up what several workers report, and an import's view tells its speed and what is left", async () => {
    const { importId } = await planned(ledger, 100);
    expect(await readImport(ledger, importId)).toMatchObject({
      files_per_second: 0,
      bytes_per_second: 0,
      left_seconds: null,
    });
    await recordProgress(ledger, [{ importId, files: 60, bytes: 60 * MB }], 60);
    await recordProgress(ledger, [{ importId, files: 240, bytes: 180 * MB }], 60);
    const view = await readImport(ledger, importId);
    expect(view.files_per_second).toBeCloseTo(5, 0);
    expect(view.bytes_per_second).toBeCloseTo(4 * MB, -5);
    // By files: their bytes are few.
    expect(view.left_seconds).toBe(20);
    expect(view.idle_seconds).toBeLessThan(5);
  });

  test("spreads a report over the steps that it is about, and shows those that are over", async () => {
    const { importId } = await planned(ledger, 3);
    await recordProgress(ledger, [{ importId, files: 60, bytes: 60 * MB }], 60);
    const { step_seconds, points } = await readRates(ledger, "fine", importId);
    expect(step_seconds).toBe(5);
    expect(points).toHaveLength(120);
    const moved = points.filter(({ files_per_second }) => files_per_second > 0);
    expect(moved.length).toBeGreaterThanOrEqual(10);
    for (const { files_per_second, bytes_per_second } of moved.slice(1)) {
      expect(files_per_second).toBeCloseTo(1, 5);
      expect(bytes_per_second).toBeCloseTo(MB, -1);
    }
    const times = points.map(({ at }) => Date.parse(at));
    expect(times.every((at, index) => index === 0 || at - (times[index - 1] ?? 0) === 5_000)).toBe(
      true,
    );
    const { rows } = await sql<{ files: number }>`
      select sum(files) as files from progress where import_id = ${importId} group by step`.execute(
      ledger.db,
    );
    expect(rows.map(({ files }) => Math.round(files))).toEqual([60, 60]);
    expect((await readRates(ledger, "coarse", importId)).points).toHaveLength(288);
  });

  test("is that of the whole minute at most: an import that has just begun isn't shown slower than it is", async () => {
    const { importId } = await planned(ledger, 1000);
    await recordProgress(ledger, [{ importId, files: 100, bytes: MB }], 10);
    const { files_per_second } = await readImport(ledger, importId);
    expect(files_per_second).toBeCloseTo(10, 0);
  });

  test("knows nothing of the first seconds, and is zero for what has stopped", async () => {
    const begun = await planned(ledger, 10);
    await recordProgress(ledger, [{ importId: begun.importId, files: 1, bytes: 10 }], 0.5);
    expect(await readImport(ledger, begun.importId)).toMatchObject({
      files_per_second: null,
      bytes_per_second: null,
      left_seconds: null,
    });
    const stopped = await planned(ledger, 10);
    await recordProgress(ledger, [{ importId: stopped.importId, files: 1, bytes: 10 }], 2);
    await sql`update progress set at = at - interval '10 minutes', began_at = began_at - interval '10 minutes',
      moved_at = moved_at - interval '10 minutes' where import_id = ${stopped.importId}`.execute(
      ledger.db,
    );
    await liftGuard(ledger, "acts");
    await sql`update acts set at = at - interval '1 hour' where import_id = ${stopped.importId}`.execute(
      ledger.db,
    );
    const view = await readImport(ledger, stopped.importId);
    expect(view).toMatchObject({ files_per_second: 0, bytes_per_second: 0, left_seconds: null });
    expect(view.idle_seconds).toBeGreaterThan(590);
    expect(view.idle_seconds).toBeLessThan(660);
    // What somebody has just acted upon isn't said to stand still since then.
    await pauseImport(ledger, stopped.importId, { who: "王芳" });
    expect((await readImport(ledger, stopped.importId)).idle_seconds).toBeLessThan(5);
  });

  test("says no time left while a source is walked or an import is paused, and nothing of what rests", async () => {
    const { importId } = await walking(ledger, 100);
    const paused = (await planned(ledger, 100)).importId;
    await pauseImport(ledger, paused, { who: "王芳" });
    const failed = (await troubled(ledger)).importId;
    const report = { files: 60, bytes: MB };
    const ids = [importId, paused, failed];
    await recordProgress(
      ledger,
      ids.map((id) => ({ importId: id, ...report })),
      60,
    );
    for (const id of [importId, paused]) {
      const view = await readImport(ledger, id);
      expect(view.files_per_second).toBeCloseTo(1, 0);
      expect(view.left_seconds).toBeNull();
    }
    expect(await readImport(ledger, failed)).toMatchObject({
      files_per_second: null,
      bytes_per_second: null,
      left_seconds: null,
      idle_seconds: null,
      failed_folders: 1,
    });
  });

  test("never shows less than nothing: bytes that were sent in vain are taken back", async () => {
    const { importId } = await planned(ledger, 10);
    await recordProgress(ledger, [{ importId, files: 0, bytes: -60 * MB }], 60);
    expect(await readImport(ledger, importId)).toMatchObject({ bytes_per_second: 0 });
    const { points } = await readRates(ledger, "fine", importId);
    expect(Math.min(...points.map(({ bytes_per_second }) => bytes_per_second))).toBe(0);
  });

  test("of all imports is that of those within the scope", async () => {
    const before = sumOf((await readRates(ledger, "fine")).points, 5);
    const { importId } = await createImport(ledger, {
      entrust_id: "E-other",
      suit_ids: [],
      folders: [folderOf("/evidence/other")],
    });
    await recordProgress(ledger, [{ importId, files: 6_000, bytes: MB }], 60);
    const own = ledgerWithin(ledger, { ...everything, entrust_ids: ["E-other"] });
    const [all, within] = await Promise.all([readRates(ledger, "fine"), readRates(own, "fine")]);
    expect(sumOf(within.points, 5)).toBeGreaterThan(5_000);
    expect(sumOf(within.points, 5)).toBeLessThanOrEqual(6_000);
    expect(sumOf(all.points, 5)).toBeGreaterThanOrEqual(before + 5_000);
    const others = ledgerWithin(ledger, { ...everything, entrust_ids: ["E-nobody's"] });
    expect(sumOf((await readRates(others, "fine")).points, 5)).toBe(0);
    await expect(readRates(others, "fine", importId)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("forgets what is older than it shows, and nothing else", async () => {
    const { importId } = await planned(ledger, 10);
    await recordProgress(ledger, [{ importId, files: 1, bytes: 1 }], 0.1);
    const add = (step: number, age: string) =>
      sql`insert into progress values (${importId}, ${step}, now() - ${age}::interval, now(), now(), 7, 7)`.execute(
        ledger.db,
      );
    await add(5, "9 minutes");
    await add(5, "11 minutes");
    await add(300, "23 hours");
    await add(300, "25 hours");
    await forgetOldProgress(ledger);
    const { rows } = await sql<{ step: number }>`
      select step from progress where import_id = ${importId} and files = 7 order by step`.execute(
      ledger.db,
    );
    expect(rows.map(({ step }) => step)).toEqual([5, 300]);
  });
});
