import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  cancelImport,
  changeImport,
  createImport,
  findQuietImports,
  type Ledger,
  listImports,
  pauseImport,
  readFolder,
  readImport,
  resumeImport,
} from "../../../src/index.ts";
import { ledgerKinds } from "../../../src/testing/index.ts";
import { auditEventsOf } from "../../imports.ts";

const wang = { who: "王芳", why: "by night" };
const IN_AN_HOUR = new Date(Date.now() + 3_600_000).toISOString();

describe.each(Object.entries(ledgerKinds))("A start on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  const scheduled = (start_at: string | undefined) =>
    createImport(ledger, {
      ...{ suit_ids: [], start_at, priority: "urgent" },
      folders: ["1", "2"].map((name) => ({
        vendor: "kongur",
        folder: { suit_id: name },
        source: { type: "directory", path: `/evidence/${name}` },
      })),
    });
  const isFound = async (importId: string) =>
    (await findQuietImports(ledger, { quietForMs: 0 })).find((work) => work.importId === importId);

  test("keeps an import from being planned before its time, and shows when that is", async () => {
    const { importId, folderIds, isScheduled } = await scheduled(IN_AN_HOUR);
    expect(isScheduled).toBe(true);
    expect(await isFound(importId)).toBeUndefined();
    expect(await readFolder(ledger, folderIds[0] as number)).toMatchObject({ isScheduled: true });
    expect(await readImport(ledger, importId)).toMatchObject({
      ...{ status: "planning", start_at: IN_AN_HOUR, moving: false },
      waiting: [{ for: "start", message: expect.stringContaining(IN_AN_HOUR) }],
    });
  });

  test("is what imports can be listed by, until it is over or they are cancelled", async () => {
    const [later, now, over, cancelled] = [
      await scheduled(IN_AN_HOUR),
      await scheduled(undefined),
      await scheduled(new Date(0).toISOString()),
      await scheduled(IN_AN_HOUR),
    ].map(({ importId }) => importId) as [string, string, string, string];
    await cancelImport(ledger, cancelled);
    const listed = async (isScheduled: boolean) => {
      const { items } = await listImports(ledger, { limit: 4, scheduled: isScheduled });
      return items
        .map(({ import_id }) => import_id)
        .filter((id) => [later, now, over, cancelled].includes(id));
    };
    expect(await listed(true)).toEqual([later]);
    expect(await listed(false)).toEqual([cancelled, over, now]);
    await changeImport(ledger, later, { start_at: null }, wang);
    expect(await listed(true)).toEqual([]);
  });

  test("that is over keeps nothing", async () => {
    const { importId, folderIds, isScheduled } = await scheduled("2020-01-01T00:00:00Z");
    expect(isScheduled).toBe(false);
    expect(await isFound(importId)).toMatchObject({ folderIds, priority: "urgent" });
    expect((await readImport(ledger, importId)).waiting).toMatchObject([{ for: "worker" }]);
  });

  test("passes: then the import is open work, whoever looks first", async () => {
    const soon = new Date(Date.now() + 300).toISOString();
    const { importId, folderIds } = await scheduled(soon);
    expect(await isFound(importId)).toBeUndefined();
    await expect.poll(() => isFound(importId), { timeout: 5_000 }).toMatchObject({ folderIds });
    expect(await readFolder(ledger, folderIds[0] as number)).toMatchObject({ isScheduled: false });
  });

  test("can be changed until it has passed, which the audit log tells, and not after that", async () => {
    const { importId, folderIds } = await scheduled(IN_AN_HOUR);
    const later = new Date(Date.now() + 7_200_000).toISOString();
    // The same moment, as another zone writes it.
    const inChina = new Date(Date.parse(later) + 8 * 3_600_000)
      .toISOString()
      .replace("Z", "+08:00");
    expect(await changeImport(ledger, importId, { start_at: inChina }, wang)).toMatchObject({
      mayStart: false,
    });
    expect(await readImport(ledger, importId)).toMatchObject({ start_at: later });
    expect(await changeImport(ledger, importId, { start_at: null }, wang)).toEqual({
      ...{ mayStart: true, hasPriorityChanged: false, priority: "urgent", folderIds },
    });
    expect(await isFound(importId)).toBeDefined();
    expect((await auditEventsOf(ledger, importId)).slice(1)).toMatchObject([
      { what: "change", details: { start_at: { from: IN_AN_HOUR, to: later } } },
      { what: "change", details: { start_at: { from: later, to: null } } },
    ]);
    await expect(changeImport(ledger, importId, { start_at: later }, wang)).rejects.toMatchObject({
      code: "STATE_CONFLICT",
      message: expect.stringContaining("started"),
    });
  });

  test("stays while the import is paused and resumed, and doesn't undo a pause", async () => {
    const { importId } = await scheduled(IN_AN_HOUR);
    await pauseImport(ledger, importId, wang);
    expect(await resumeImport(ledger, importId, wang)).toMatchObject({ folderIds: [] });
    await pauseImport(ledger, importId, wang);
    expect(await changeImport(ledger, importId, { start_at: null }, wang)).toMatchObject({
      mayStart: false,
    });
    expect(await isFound(importId)).toBeUndefined();
    expect((await resumeImport(ledger, importId, wang)).folderIds).toHaveLength(2);
  });

  test("never comes for an import that is cancelled", async () => {
    const { importId } = await scheduled(IN_AN_HOUR);
    await cancelImport(ledger, importId, wang);
    expect(await readImport(ledger, importId)).toMatchObject({ status: "cancelled", waiting: [] });
    await expect(changeImport(ledger, importId, { start_at: null }, wang)).rejects.toMatchObject({
      code: "STATE_CONFLICT",
      message: expect.stringContaining("cancelled"),
    });
  });
});
