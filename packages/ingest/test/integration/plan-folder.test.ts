import { ExhibitError } from "@exhibit/contracts";
import { createImport, type Ledger } from "@exhibit/ledger";
import { ledgerKinds } from "@exhibit/ledger/testing";
import type { SourceEntry, Sources } from "@exhibit/sources";
import type { Logger } from "@exhibit/telemetry";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSight } from "../../src/fleet/sight.ts";
import { createWaits } from "../../src/fleet/waits.ts";
import { type PlanDependencies, planFolder } from "../../src/planning/plan-folder.ts";
import { SHARD_BYTES, SHARD_FILES } from "../../src/planning/sharder.ts";
import { attemptOf } from "../rig.ts";

let ledger: Ledger;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, remove } = await ledgerKinds.PGlite());
});
afterAll(() => remove());

let sources: Pick<Sources, "open" | "absence" | "canBeRead">;

/** A source that yields these entries in this order; it breaks off with `fault` before the one at `breakAt`. */
function giveSource(
  entries: readonly SourceEntry[],
  breakAt = Number.POSITIVE_INFINITY,
  fault = new ExhibitError("SOURCE_IO", "The disk is away."),
): void {
  const reader = {
    async *walk() {
      for (const [index, entry] of entries.entries()) {
        if (index === breakAt) throw fault;
        yield entry;
      }
    },
    open: () => Promise.reject(new Error("Planning opens no file.")),
    nameOf: (path: string) => path,
    isFolder: async () => false,
    async [Symbol.asyncDispose]() {},
  };
  sources = {
    open: async () => reader,
    absence: async () => undefined,
    canBeRead: async () => false,
  };
}

async function createFolder() {
  const { importId, folderIds } = await createImport(ledger, {
    suit_ids: [],
    folders: [
      {
        vendor: "kongur",
        folder: {},
        source: { type: "directory", path: "/evidence", allow_empty: true },
      },
    ],
  });
  return { importId, folderId: folderIds[0] as number };
}

/** Plans as a person's retry would: what had failed is planned again. */
function plan(folderId: number, last = true): Promise<void> {
  const enqueue = () => Promise.resolve();
  const dependencies: PlanDependencies = {
    ledger,
    engine: { enqueueNew: enqueue, enqueue },
    broker: { perFile: () => undefined },
    sources,
    logger: {} as Logger,
    waits: createWaits({ diskSilence: () => 0 }),
    sight: createSight({ ledger, sources, host: "here", view: "here" }),
  };
  return planFolder(dependencies, folderId, attemptOf({ last }));
}

async function rowsOf(folderId: number) {
  const rows = await ledger.db
    .selectFrom("files")
    .select(["path", "normal", "size", "state", "error_code", "shard_id"])
    .where("folder_id", "=", folderId)
    .execute();
  return rows.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Returns what became of each entry, whatever the shards are. */
async function outcomeOf(folderId: number) {
  return (await rowsOf(folderId)).map(({ shard_id, ...row }) => ({
    ...row,
    sent: shard_id !== null,
  }));
}

// Few characters, so that names meet: in two Unicode forms, in two cases, as a folder and as a
// file.
const part = fc
  .array(fc.constantFrom("a", "A", "\u00e9", "e\u0301", "证", "."), { minLength: 1, maxLength: 3 })
  .map((characters) => `f${characters.join("")}`);
const path = fc.array(part, { minLength: 1, maxLength: 2 }).map((parts) => parts.join("/"));
const size = fc.oneof(fc.nat(1000), fc.nat(2 * SHARD_BYTES));
const entry: fc.Arbitrary<SourceEntry> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant("file" as const), path, size, modifiedAt: fc.nat() }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("skipped" as const),
      path,
      reason: fc.constant("fifo" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: path.map((at) => ({
      kind: "faulty" as const,
      path: at,
      error: new ExhibitError("SOURCE_UNREADABLE", "no"),
    })),
  },
);
const tree = fc.uniqueArray(entry, { selector: (each) => each.path, maxLength: 60 });

test("Any tree becomes one row per entry, each file in one shard unless another has its key, and each shard within its limits", async () => {
  await fc.assert(
    fc.asyncProperty(tree, async (entries) => {
      giveSource(entries);
      const { importId, folderId } = await createFolder();
      await plan(folderId);
      const rows = await rowsOf(folderId);
      expect(rows.map((row) => row.path)).toEqual(entries.map((each) => each.path).sort());
      const files = entries.filter(({ kind }) => kind === "file").map((each) => each.path);
      const sent = rows.filter(({ shard_id }) => shard_id !== null);
      const keys = sent.map((row) => row.path.normalize("NFC"));
      expect(sent.map(({ path, normal }) => normal ?? path)).toEqual(keys);
      expect(new Set(keys).size).toBe(keys.length);
      expect(new Set(keys)).toEqual(new Set(files.map((each) => each.normalize("NFC"))));
      for (const each of files) {
        // The file whose name is the key gets it.
        const row = rows.find((candidate) => candidate.path === each);
        if (each === each.normalize("NFC")) expect(row).toMatchObject({ state: "planned" });
        else expect([null, "KEY_TAKEN"]).toContain(row?.error_code);
      }
      await checkShards(importId, sent);
    }),
    { numRuns: 12 },
  );
});

async function checkShards(
  importId: string,
  sent: { shard_id: number | null; size: number }[],
): Promise<void> {
  const shards = await ledger.db
    .selectFrom("shards")
    .selectAll()
    .where("import_id", "=", importId)
    .orderBy("number")
    .execute();
  expect(shards.map(({ number }) => number)).toEqual(shards.map((_, index) => index + 1));
  expect(new Set(sent.map(({ shard_id }) => shard_id))).toEqual(
    new Set(shards.map(({ id }) => id)),
  );
  for (const shard of shards) {
    const own = sent.filter(({ shard_id }) => shard_id === shard.id);
    const bytes = own.reduce((sum, file) => sum + file.size, 0);
    expect(shard).toMatchObject({ files: own.length, bytes });
    expect(own.length).toBeLessThanOrEqual(SHARD_FILES);
    expect(bytes <= SHARD_BYTES || own.length === 1).toBe(true);
  }
}

test("A walk that breaks off and is repeated, in whatever order, comes to the same as one walk", async () => {
  const ordered = tree.chain((entries) =>
    fc.tuple(
      fc.constant(entries),
      fc.shuffledSubarray(entries, { minLength: entries.length }),
      fc.shuffledSubarray(entries, { minLength: entries.length }),
      fc.nat(entries.length),
    ),
  );
  await fc.assert(
    fc.asyncProperty(ordered, async ([entries, first, second, breakAt]) => {
      fc.pre(isClear(entries));
      giveSource(entries);
      const once = await createFolder();
      await plan(once.folderId);
      const again = await createFolder();
      giveSource(first, breakAt);
      await plan(again.folderId, false).catch(() => undefined);
      giveSource(second);
      await plan(again.folderId);
      expect(await outcomeOf(again.folderId)).toEqual(await outcomeOf(once.folderId));
      // Once the folder is planned, another job changes nothing.
      const before = await rowsOf(again.folderId);
      giveSource(second);
      await plan(again.folderId);
      expect(await rowsOf(again.folderId)).toEqual(before);
    }),
    { numRuns: 8 },
  );
});

/**
 * Every key has a file whose name it is, or only one that comes to it: else the first that is met
 * would have it.
 */
function isClear(entries: readonly SourceEntry[]): boolean {
  const files = entries.filter(({ kind }) => kind === "file").map((each) => each.path);
  const others = files.filter((each) => each !== each.normalize("NFC"));
  const keys = others.map((each) => each.normalize("NFC"));
  return keys.every(
    (key) => files.includes(key) || keys.filter((other) => other === key).length === 1,
  );
}

test("A file that is too large to be sent fails by name, and the others are planned", async () => {
  const { folderId } = await createFolder();
  giveSource([
    { kind: "file", path: "huge.dd", size: 22 * 1024 ** 4, modifiedAt: 1 },
    { kind: "file", path: "small", size: 1, modifiedAt: 1 },
  ]);
  await plan(folderId);
  expect(await outcomeOf(folderId)).toMatchObject([
    { path: "huge.dd", state: "failed", error_code: "SOURCE_TOO_LARGE", sent: false },
    { path: "small", state: "planned", error_code: null, sent: true },
  ]);
});

test("A source that refuses to be walked is the folder's error, and nothing of it is planned", async () => {
  const { folderId } = await createFolder();
  const refusal = new ExhibitError("REQUEST_INVALID", "It holds Exhibit's own data.");
  giveSource([{ kind: "file", path: ".exhibit/ledger/1", size: 1, modifiedAt: 1 }], 0, refusal);
  await expect(plan(folderId)).rejects.toMatchObject({
    code: "REQUEST_INVALID",
    message: expect.stringContaining("Exhibit's own data"),
  });
  expect(await rowsOf(folderId)).toEqual([]);
});
