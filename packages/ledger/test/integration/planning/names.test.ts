import type { ImportStatus } from "@exhibit/contracts";
import { ledgerKinds } from "@exhibit/ledger/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  cancelImport,
  changeImport,
  createImport,
  type ImportQuery,
  type Ledger,
  ledgerWithin,
  listImports,
  readImport,
} from "../../../src/index.ts";
import { auditEventsOf, folderOf, planned, troubled } from "../../imports.ts";

const wang = { who: "王芳" };

describe.each(Object.entries(ledgerKinds))("Names of imports on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  const found = async (query: Partial<ImportQuery>) =>
    (await listImports(ledger, { limit: 100, ...query })).items.map(({ import_id }) => import_id);

  test("are given at creation, changed later, and what they were is in the audit log", async () => {
    const { importId } = await createImport(
      ledger,
      {
        ...{ suit_ids: [], folders: [folderOf("/evidence/1001")], title: "三月扫描" },
        ...{ labels: { batch: "march", desk: "7" }, priority: "bulk" },
      },
      wang,
    );
    expect(await readImport(ledger, importId)).toMatchObject({
      ...{ title: "三月扫描", labels: { batch: "march", desk: "7" }, priority: "bulk" },
      ...{ set_aside: false, created_by: "王芳", vendors: ["kongur"] },
    });
    const request = {
      ...{ title: null, labels: { desk: null, box: "a:b" } },
      priority: "urgent" as const,
    };
    expect(await changeImport(ledger, importId, request, { ...wang, why: "soon" })).toMatchObject({
      ...{ priority: "urgent", hasPriorityChanged: true, mayStart: false },
    });
    expect(await readImport(ledger, importId)).toMatchObject({
      ...{ title: null, labels: { batch: "march", box: "a:b" }, priority: "urgent" },
    });
    // What is already so is no change.
    expect(await changeImport(ledger, importId, request, wang)).toMatchObject({
      ...{ hasPriorityChanged: false, folderIds: [] },
    });
    expect((await auditEventsOf(ledger, importId)).slice(1)).toMatchObject([
      {
        ...{ what: "change", who: "王芳", why: "soon" },
        details: {
          title: { from: "三月扫描", to: null },
          priority: { from: "bulk", to: "urgent" },
          "label desk": { from: "7", to: null },
          "label box": { from: null, to: "a:b" },
        },
      },
    ]);
  });

  test("have at most twenty labels, however they come together", async () => {
    const { importId } = await planned(ledger, 1);
    const labels = (from: number, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${from + at}`, "v"]));
    await changeImport(ledger, importId, { labels: labels(0, 20) }, wang);
    await expect(
      changeImport(ledger, importId, { labels: labels(20, 1) }, wang),
    ).rejects.toMatchObject({ code: "REQUEST_INVALID" });
    await changeImport(ledger, importId, { labels: { ...labels(20, 1), k0: null } }, wang);
    expect(Object.keys((await readImport(ledger, importId)).labels)).toHaveLength(20);
  });

  test("can be changed of an import that has ended, but its priority can't; only such a one is set aside", async () => {
    const { importId } = await planned(ledger, 1);
    const conflict = { code: "STATE_CONFLICT" };
    const aside = { set_aside: true };
    await expect(changeImport(ledger, importId, aside, wang)).rejects.toMatchObject(conflict);
    await cancelImport(ledger, importId, wang);
    await expect(
      changeImport(ledger, importId, { priority: "bulk", title: "x" }, wang),
    ).rejects.toMatchObject(conflict);
    await changeImport(ledger, importId, { title: "x", ...aside }, wang);
    expect(await readImport(ledger, importId)).toMatchObject({ title: "x", set_aside: true });
    const unknown = "01900000-0000-7000-8000-000000000001";
    const missing = { code: "NOT_FOUND" };
    await expect(changeImport(ledger, unknown, aside, wang)).rejects.toMatchObject(missing);
    const scoped = ledgerWithin(ledger, { entrust_ids: "all", vendors: ["wombat"], roots: "all" });
    await expect(changeImport(scoped, importId, { title: "theirs" }, wang)).rejects.toMatchObject(
      missing,
    );
  });

  test("find an import: by label, title, beginning, creator, vendor, time and several statuses", async () => {
    const create = async (title: string, more: Partial<Parameters<typeof createImport>[1]>) =>
      (
        await createImport(
          ledger,
          { suit_ids: ["find-1"], folders: [folderOf("/evidence/f")], title, ...more },
          { who: `creator of ${title}` },
        )
      ).importId;
    const first = await create("Find A", { labels: { find: "yes", n: "1" } });
    const second = await create("find b", {
      ...{ labels: { find: "yes", n: "2" }, entrust_id: "find-E" },
      folders: [{ ...folderOf("/evidence/w"), vendor: "wombat" }],
    });
    const all = { suit_id: "find-1" };
    const label = (...pairs: [string, string][]) => ({ ...all, label: pairs });
    expect(await found(label(["find", "yes"]))).toEqual([second, first]);
    expect(await found(label(["find", "yes"], ["n", "1"]))).toEqual([first]);
    expect(await found(label(["n", "1"], ["n", "2"]))).toEqual([]);
    expect(await found({ title: "IND B" })).toEqual([second]);
    for (const q of ["FIND", "find-1"]) expect(await found({ q })).toEqual([second, first]);
    for (const q of ["find-E", second]) expect(await found({ q })).toEqual([second]);
    expect(await found({ q: "ind" })).toEqual([]);
    expect(await found({ created_by: "creator of Find A" })).toEqual([first]);
    expect(await found({ ...all, vendor: "wombat" })).toEqual([second]);
    const { created_at } = await readImport(ledger, second);
    expect(await found({ ...all, created_after: created_at })).toEqual([second]);
    expect(await found({ ...all, created_before: created_at })).toEqual([first]);
    await cancelImport(ledger, first);
    const status: ImportStatus[] = ["cancelled", "attention"];
    expect(await found({ ...all, status })).toEqual([first]);
    expect(await found({ ...all, status: [...status, "planning"] })).toEqual([second, first]);
    const { totals } = await listImports(ledger, { limit: 1, ...all, status, totals: true });
    expect(totals).toMatchObject({ cancelled: 1, planning: 1, attention: 0 });
  });

  test("keep their place in pages while imports change and others come, from either end", async () => {
    const of = { label: [["pages", "p"] as const] };
    const create = async () =>
      (
        await createImport(ledger, {
          ...{ suit_ids: [], folders: [folderOf("/evidence/p")], labels: { pages: "p" } },
        })
      ).importId;
    const ids = [await create(), await create(), await create(), await create()];
    for (const sort of ["newest", "oldest"] as const) {
      const first = await listImports(ledger, { limit: 2, ...of, sort });
      await cancelImport(ledger, (sort === "newest" ? ids[0] : ids[3]) as string);
      await troubled(ledger);
      const late = sort === "newest" ? await create() : undefined;
      const after = first.next ?? "";
      const second = await listImports(ledger, { limit: 2, ...of, sort, after });
      const seen = [...first.items, ...second.items].map(({ import_id }) => import_id);
      expect(seen).toEqual(sort === "newest" ? ids.toReversed() : ids);
      expect(seen).not.toContain(late);
    }
  });
});
