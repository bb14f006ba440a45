import { everything, type Scope } from "@exhibit/contracts";
import { ledgerKinds, testSealer } from "@exhibit/ledger/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  acceptDestination,
  cancelImport,
  checkImport,
  createImport,
  type FleetWaits,
  finishPlanning,
  finishShard,
  fixDestination,
  groupErrors,
  groupFailures,
  type Ledger,
  ledgerWithin,
  listAuditEvents,
  listFiles,
  listFolders,
  listImports,
  listIncidents,
  listSuits,
  listTree,
  offerDestination,
  pauseImport,
  readFile,
  readFolder,
  readImport,
  recordOutcomes,
  reopenImport,
  resumeImport,
  sealImport,
  waitsWithin,
  waiveFiles,
} from "../../src/index.ts";
import { addShard } from "../add-shard.ts";
import { auditEventsOf, files, filesOf, type One } from "../imports.ts";

const by = { who: "test" };
const place = { endpoint: "https://e", bucket: "b", prefix: "p/" };

/** Creates an import in `attention`: one file of its first folder failed, and a lease led elsewhere. */
async function failedImport(ledger: Ledger, entrustId: string | undefined, vendors: string[]) {
  const { importId, folderIds } = await createImport(ledger, {
    entrust_id: entrustId,
    suit_ids: ["1001"],
    folders: vendors.map((vendor) => ({
      vendor,
      folder: { suit_id: "1001" },
      source: { type: "directory", path: "/evidence/1001" },
    })),
  });
  const [folderId = 0, ...others] = folderIds;
  const shard = await addShard(ledger, { id: folderId }, files(1));
  if (!shard) throw new Error("no shard");
  for (const id of [folderId, ...others]) await finishPlanning(ledger, id);
  const [file] = await filesOf<One>(ledger, shard.shardId);
  await fixDestination(ledger, folderId, { ...place, prefix: "before/" });
  const incident = { message: () => "elsewhere", worker: null };
  await offerDestination(ledger, folderId, place, incident);
  const outcome = { fileId: file.id, state: "failed", message: "elsewhere" } as const;
  await recordOutcomes(ledger, folderId, [], [{ ...outcome, code: "DESTINATION_CHANGED" }]);
  await finishShard(ledger, shard.shardId);
  expect(await sealImport(ledger, importId, testSealer)).toBe("attention");
  return { importId, folderId, fileId: String(file.id) };
}
type FailedImport = Awaited<ReturnType<typeof failedImport>>;

/** Everything that people may ask of an import, or do to it. */
const asks: Record<string, (ledger: Ledger, of: FailedImport) => Promise<unknown>> = {
  readImport: (ledger, { importId }) => readImport(ledger, importId),
  checkImport: (ledger, { importId }) => checkImport(ledger, importId),
  listFolders: (ledger, { importId }) => listFolders(ledger, importId, { limit: 9 }),
  listSuits: (ledger, { importId }) => listSuits(ledger, importId, { limit: 9 }),
  listFiles: (ledger, { importId }) => listFiles(ledger, importId, { limit: 9 }),
  readFile: (ledger, { importId, fileId }) => readFile(ledger, importId, fileId),
  listTree: (ledger, { importId, folderId }) =>
    listTree(ledger, importId, String(folderId), { limit: 9 }),
  groupErrors: (ledger, { importId }) => groupErrors(ledger, importId, { by: [], limit: 9 }),
  listAuditEvents: (ledger, { importId }) => listAuditEvents(ledger, importId, { limit: 9 }),
  listIncidents: (ledger, { importId }) => listIncidents(ledger, importId, { limit: 9 }),
  pauseImport: (ledger, { importId }) => pauseImport(ledger, importId, by),
  resumeImport: (ledger, { importId }) => resumeImport(ledger, importId, by),
  acceptDestination: (ledger, { importId, folderId }) =>
    acceptDestination(ledger, importId, folderId, { ...place, why: "moved" }, "test"),
  reopenImport: (ledger, { importId }) => reopenImport(ledger, importId, {}, by),
  "reopenImport of one file": (ledger, { importId, fileId }) =>
    reopenImport(ledger, importId, { file_ids: [fileId] }, by),
  "waiveFiles, named": (ledger, { importId, fileId }) =>
    waiveFiles(ledger, importId, { file_ids: [fileId] }, { ...by, why: "no" }),
  waiveFiles: (ledger, { importId }) => waiveFiles(ledger, importId, {}, { ...by, why: "no" }),
  cancelImport: (ledger, { importId }) => cancelImport(ledger, importId, by),
};

const limits: [
  string,
  Partial<Scope>,
  [string | undefined, string[]],
  [string | undefined, string[]],
][] = [
  ["another entrust_id", { entrust_ids: ["E-1", "E-2"] }, ["E-2", ["rex"]], ["E-3", ["rex"]]],
  ["no entrust_id", { entrust_ids: ["E-1"] }, ["E-1", ["rex"]], [undefined, ["rex"]]],
  ["another vendor", { vendors: ["kongur", "rex"] }, [undefined, ["rex"]], ["E-1", ["wombat"]]],
  [
    "a folder of another vendor among its own",
    { vendors: ["kongur", "rex"] },
    ["E-1", ["rex", "kongur"]],
    ["E-1", ["kongur", "rex", "wombat"]],
  ],
  [
    "its entrust_id, but another vendor",
    { entrust_ids: ["E-1"], vendors: ["kongur"] },
    ["E-1", ["kongur"]],
    ["E-1", ["rex"]],
  ],
  [
    "its vendor, but another entrust_id",
    { entrust_ids: ["E-1"], vendors: ["kongur"] },
    ["E-1", ["kongur"]],
    ["E-2", ["kongur"]],
  ],
];

describe.each(Object.entries(ledgerKinds))("A scope in the ledger on %s", (_kind, open) => {
  let ledger: Ledger;
  let remove: () => Promise<void>;
  beforeAll(async () => {
    ({ ledger, remove } = await open());
  });
  afterAll(() => remove());

  test.each(limits)(
    "doesn't have an import of %s: it isn't there",
    async (_, limit, own, foreign) => {
      const scoped = ledgerWithin(ledger, { ...everything, ...limit });
      const mine = await failedImport(ledger, ...own);
      const theirs = await failedImport(ledger, ...foreign);
      const nothing = { ...theirs, importId: crypto.randomUUID() };
      const before = [await readImport(ledger, theirs.importId), await everyRow(ledger, theirs)];
      for (const [name, ask] of Object.entries(asks)) {
        const [foreignError, unknownError] = await Promise.all(
          [theirs, nothing].map((of) => ask(scoped, of).then(String, wordsOf(of.importId))),
        );
        expect([name, foreignError]).toEqual([name, "NOT_FOUND There is no import ID. {}"]);
        expect([name, unknownError]).toEqual([name, foreignError]);
      }
      const after = [await readImport(ledger, theirs.importId), await everyRow(ledger, theirs)];
      expect(after).toEqual(before);
      await pauseImport(ledger, theirs.importId, by);
      const resuming = resumeImport(scoped, theirs.importId, by);
      await expect(resuming).rejects.toMatchObject({ code: "NOT_FOUND" });
      // What is within the scope can be seen and done.
      for (const [name, ask] of Object.entries(asks)) {
        const answer = await ask(scoped, mine).then(() => "done", wordsOf(mine.importId));
        expect([name, answer]).not.toEqual([name, expect.stringMatching(/^NOT_FOUND/)]);
      }
      expect((await auditEventsOf(ledger, mine.importId)).map(({ what }) => what)).toEqual([
        "create",
        "pause",
        "resume",
        "accept",
        "retry",
        "cancel",
      ]);
    },
  );

  test("is in lists: pages are full, and a cursor may be anybody's", async () => {
    const scoped = ledgerWithin(ledger, { ...everything, entrust_ids: ["E-list"] });
    const created: string[] = [];
    for (const entrust of ["E-list", "E-other", "E-list", "E-other", undefined, "E-list"]) {
      const { importId } = await failedImport(ledger, entrust, ["kongur"]);
      created.push(importId);
    }
    const own = [created[5], created[2], created[0]];
    const idsOf = (page: Awaited<ReturnType<typeof listImports>>) =>
      page.items.map(({ import_id }) => import_id);
    const first = await listImports(scoped, { limit: 2 });
    expect([idsOf(first), first.next]).toEqual([own.slice(0, 2), created[2]]);
    const second = await listImports(scoped, { limit: 2, after: first.next ?? "" });
    expect([idsOf(second), second.next]).toEqual([own.slice(2), null]);
    expect(idsOf(await listImports(scoped, { limit: 9, after: created[3] }))).toEqual(own.slice(1));
    expect(idsOf(await listImports(scoped, { limit: 9, id: created[1]?.slice(-12) }))).toEqual([]);
    expect(idsOf(await listImports(scoped, { limit: 9, entrust_id: "E-other" }))).toEqual([]);
    expect(idsOf(await listImports(scoped, { limit: 9, suit_id: "1001" }))).toEqual(own);
    const vendors = ledgerWithin(ledger, { ...everything, vendors: ["industry"] });
    expect(await listImports(vendors, { limit: 9 })).toEqual({ items: [], next: null });
    const all = ledgerWithin(ledger, everything);
    expect(idsOf(await listImports(all, { limit: 6 }))).toEqual(created.toReversed());
  });

  test("is in the groups of what failed", async () => {
    const codes = async (scope: Partial<Scope>) => {
      const scoped = ledgerWithin(ledger, { ...everything, ...scope });
      return await groupFailures(scoped, { by: ["vendor", "import"], limit: 9 });
    };
    const mine = await failedImport(ledger, "E-groups", ["kongur"]);
    await failedImport(ledger, "E-groups of others", ["kongur"]);
    expect(await codes({ entrust_ids: ["E-groups"] })).toMatchObject({
      items: [{ code: "DESTINATION_CHANGED", failed: 1, import: { import_id: mine.importId } }],
      groups: 1,
      failed: 1,
    });
    expect(await codes({ entrust_ids: ["E-groups"], vendors: ["rex"] })).toEqual({
      items: [],
      groups: 0,
      failed: 0,
      waiting: 0,
    });
  });

  test("is in what work waits for", async () => {
    const scoped = ledgerWithin(ledger, { ...everything, entrust_ids: ["E-1"] });
    const mine = await failedImport(ledger, "E-1", ["kongur"]);
    const theirs = await failedImport(ledger, "E-2", ["kongur"]);
    const waits = [mine.importId, theirs.importId, crypto.randomUUID(), "nonsense"].map(
      (import_id) => ({ import_id }),
    ) as FleetWaits["waits"];
    expect(await waitsWithin(scoped, waits)).toEqual(waits.slice(0, 1));
    expect(await waitsWithin(ledger, waits)).toBe(waits);
    expect(await waitsWithin(scoped, [])).toEqual([]);
  });

  test("leaves its roots with the imports that are created in it, for their workers", async () => {
    const roots = ["/evidence/E-1", '/evidence/with "quotes", {braces} and \\'];
    const limitsOf = async (scope: Scope) => {
      const { folderId } = await failedImport(ledgerWithin(ledger, scope), "E-1", ["kongur"]);
      return (await readFolder(ledger, folderId)).source_limits;
    };
    expect(await limitsOf({ ...everything, roots })).toEqual(roots);
    expect(await limitsOf({ ...everything, entrust_ids: ["E-1"] })).toBeNull();
  });
});

/** Returns an error in words, without the id that was asked for. */
const wordsOf = (importId: string) => (error: { code: string; message: string; details: object }) =>
  `${error.code} ${error.message.replaceAll(importId, "ID")} ${JSON.stringify(error.details)}`;

/** Returns what an act could change of an import. */
async function everyRow({ db }: Ledger, { importId, folderId }: FailedImport) {
  const of = { acts: "import_id", shards: "import_id" } as const;
  return await Promise.all([
    db.selectFrom("acts").selectAll().where(of.acts, "=", importId).execute(),
    db.selectFrom("shards").selectAll().where(of.shards, "=", importId).execute(),
    db.selectFrom("folders").selectAll().where("import_id", "=", importId).orderBy("id").execute(),
    db.selectFrom("files").selectAll().where("folder_id", "=", folderId).execute(),
  ]);
}
