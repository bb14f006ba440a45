import { ExhibitError } from "@exhibit/contracts";
import { cancelImport, createImport, type Ledger } from "@exhibit/ledger";
import { ledgerKinds } from "@exhibit/ledger/testing";
import { Postponed } from "@exhibit/queue";
import type { SourceEntry } from "@exhibit/sources";
import type { Logger } from "@exhibit/telemetry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createWaits } from "../../src/fleet/waits.ts";
import { type PlanDependencies, planFolder } from "../../src/planning/plan-folder.ts";
import { attemptOf, outcomesOf } from "../rig.ts";

let ledger: Ledger;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, remove } = await ledgerKinds.PGlite());
});
afterAll(() => remove());

const file = (path: string): SourceEntry => ({ kind: "file", path, size: 8, modifiedAt: 1 });
const fifo: SourceEntry = { kind: "skipped", path: "pipe", reason: "fifo" };

/** A folder of a new import, and a worker that plans it. */
async function folderOf(entries: readonly SourceEntry[], { allowsEmpty = false } = {}) {
  const path = "/evidence";
  const source = {
    type: "directory" as const,
    path,
    ...(allowsEmpty && { allow_empty: true as const }),
  };
  const folders = [{ vendor: "kongur", folder: { suit_id: "1" }, source }];
  const { importId, folderIds } = await createImport(ledger, { suit_ids: [], folders });
  const folderId = folderIds[0] as number;
  const state = {
    entries,
    /** What the walk ends with. */
    fault: undefined as ExhibitError | undefined,
    /** What happens during a walk. */
    whileWalking: async () => {},
    isLeftToOthers: false,
    isQueueAway: false,
    walks: 0,
    enqueued: [] as string[],
    warnings: [] as unknown[],
  };
  const enqueue = async (name: string, jobs: readonly { id: string }[]) => {
    if (state.isQueueAway) throw new ExhibitError("SERVICE_UNREACHABLE", "The queue is away.");
    state.enqueued.push(...jobs.map(() => name));
  };
  const dependencies: PlanDependencies = {
    ledger,
    engine: { enqueue, enqueueNew: enqueue },
    broker: { perFile: () => undefined },
    sources: {
      open: async () => ({
        async *walk() {
          state.walks += 1;
          await state.whileWalking();
          yield* state.entries;
          if (state.fault) throw state.fault;
        },
        open: () => Promise.reject(new Error("Planning opens no file.")),
        nameOf: (of: string) => of,
        isFolder: async () => false,
        async [Symbol.asyncDispose]() {},
      }),
    },
    logger: { warn: (...of: unknown[]) => void state.warnings.push(of) } as unknown as Logger,
    waits: createWaits({ diskSilence: () => 0 }),
    sight: { judge: async (error) => ({ error, isLeftToOthers: state.isLeftToOthers }) },
  };
  return {
    importId,
    folderId,
    state,
    plan: (own: Parameters<typeof attemptOf>[0] = {}) =>
      planFolder(dependencies, folderId, attemptOf(own)),
    outcomes: () => outcomesOf(ledger, folderId),
    async row() {
      const select = ledger.db.selectFrom("folders").select(["planned", "error_code"]);
      return await select.where("id", "=", folderId).executeTakeFirstOrThrow();
    },
  };
}

const io = new ExhibitError("SOURCE_IO", "The disk is away.");

describe("The job that plans a folder", () => {
  test("writes its files to the ledger and enqueues their shards, but no seal before they are stored", async () => {
    const { plan, state, outcomes, row } = await folderOf([file("a"), fifo]);
    await plan();
    expect(await outcomes()).toEqual({ a: ["planned", null], pipe: ["skipped", null] });
    expect(await row()).toEqual({ planned: true, error_code: null });
    expect(state.enqueued).toEqual(["store"]);
  });

  test("does nothing before the start of its import", async () => {
    const { plan, state, importId, row } = await folderOf([file("a")]);
    const start_at = new Date(Date.now() + 3_600_000).toISOString();
    await ledger.db.updateTable("imports").set({ start_at }).where("id", "=", importId).execute();
    await plan();
    expect([state.walks, await row()]).toEqual([0, { planned: false, error_code: null }]);
  });

  test("has an import sealed that comes to nothing", async () => {
    const { plan, state } = await folderOf([], { allowsEmpty: true });
    await plan();
    expect(state.enqueued).toEqual(["seal"]);
  });

  test("plans it though the queue is away, and the log says so", async () => {
    const { plan, state, row } = await folderOf([file("a")]);
    state.isQueueAway = true;
    await plan();
    expect(await row()).toMatchObject({ planned: true });
    expect(state.warnings).toMatchObject([
      [{ shard_ids: [expect.any(Number)] }, expect.any(String)],
    ]);
  });

  test("doesn't walk it if its import is cancelled", async () => {
    const { plan, state, importId } = await folderOf([file("a")]);
    await cancelImport(ledger, importId);
    await plan();
    expect(state.walks).toBe(0);
  });

  test("doesn't fail again once the import of a failed folder is cancelled", async () => {
    const { plan, state, importId } = await folderOf([]);
    state.fault = new ExhibitError("SOURCE_NOT_FOUND", "It isn't there.");
    await expect(plan()).rejects.toMatchObject({ code: "SOURCE_NOT_FOUND" });
    await cancelImport(ledger, importId);
    await plan({ starts: 2 });
    expect(state.walks).toBe(1);
  });

  test("doesn't walk it again once it is planned", async () => {
    const { plan, state } = await folderOf([file("a")]);
    await plan();
    await plan();
    expect(state.walks).toBe(1);
  });

  test("takes a source without files for one that isn't mounted, also if it has other things", async () => {
    const { plan, row } = await folderOf([fifo]);
    await expect(plan()).rejects.toMatchObject({ code: "SOURCE_EMPTY" });
    expect(await row()).toEqual({ planned: true, error_code: "SOURCE_EMPTY" });
  });

  test("doesn't take a source for empty in which something can't be read", async () => {
    const error = new ExhibitError("SOURCE_UNREADABLE", "It is locked.");
    const { plan, outcomes } = await folderOf([{ kind: "faulty", path: "locked", error }]);
    await plan();
    expect(await outcomes()).toEqual({ locked: ["failed", "SOURCE_UNREADABLE"] });
  });

  test("keeps what was found when the walk fails with its last attempt, and says why", async () => {
    const { plan, state, row, outcomes, importId, folderId } = await folderOf([file("a")]);
    state.fault = io;
    await expect(plan()).rejects.toBe(io);
    expect(await row()).toEqual({ planned: false, error_code: null });
    await expect(plan({ starts: 2, last: true })).rejects.toMatchObject({
      code: "SOURCE_IO",
      details: { import_id: importId, folder_id: folderId, vendor: "kongur" },
    });
    expect(await row()).toEqual({ planned: true, error_code: "SOURCE_IO" });
    expect(await outcomes()).toEqual({ a: ["planned", null] });
    expect(state.enqueued).toEqual(["store"]);
  });

  test("never gives a folder up for a fault that isn't its source's", async () => {
    const { plan, state, row } = await folderOf([file("a")]);
    state.fault = new ExhibitError("SERVICE_UNREACHABLE", "The ledger is away.");
    await expect(plan({ last: true })).rejects.toBe(state.fault);
    expect(await row()).toEqual({ planned: false, error_code: null });
  });

  test("leaves a source that others may see to them", async () => {
    const { plan, state, row } = await folderOf([]);
    state.fault = new ExhibitError("SOURCE_NOT_FOUND", "It isn't there.");
    state.isLeftToOthers = true;
    await expect(plan({ last: true })).rejects.toBeInstanceOf(Postponed);
    expect(await row()).toEqual({ planned: false, error_code: null });
  });

  test("that failed walks again if a person retried it, but not if the queue only lost its end", async () => {
    const { plan, state, row } = await folderOf([file("a")]);
    state.fault = new ExhibitError("SOURCE_NOT_FOUND", "It isn't there.");
    await expect(plan({ starts: 2 })).rejects.toMatchObject({ code: "SOURCE_NOT_FOUND" });
    state.fault = undefined;
    await expect(plan({ starts: 3 })).rejects.toMatchObject({ code: "SOURCE_NOT_FOUND" });
    expect(state.walks).toBe(1);
    await plan({ starts: 1 });
    expect(await row()).toEqual({ planned: true, error_code: null });
  });

  test("ends quietly when another walk has planned the folder before this one ended", async () => {
    const { plan, state, row } = await folderOf([file("a")]);
    state.whileWalking = async () => {
      state.whileWalking = async () => {};
      await plan();
    };
    await plan();
    expect(await row()).toEqual({ planned: true, error_code: null });
    expect(state.walks).toBe(2);
    expect(state.enqueued).toEqual(["store"]);
  });
});
