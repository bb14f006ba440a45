import { counterNames, ExhibitError } from "@exhibit/contracts";
import { ledgerKinds, testSealer } from "@exhibit/ledger/testing";
import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  addUnsendable,
  cancelImport,
  createImport,
  finishPlanning,
  finishShard,
  forgetWalkedFolders,
  type Ledger,
  type NotStored,
  openShard,
  recordOutcomes,
  reopenByJob,
  reopenImport,
  type StoredFile,
  sealImport,
  type UnfinishedFile,
  waiveFiles,
} from "../../src/index.ts";
import { addShard } from "../add-shard.ts";

let ledger: Ledger;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ ledger, remove } = await ledgerKinds.PGlite());
});
afterAll(() => remove());

type Act =
  | ("add" | "unsendable" | "forget" | "plan" | "fail planning" | "record" | "twice" | "finish")
  | ("retry" | "retry job" | "retry plan" | "waive" | "seal" | "cancel");

/**
 * Generates what people and workers do, in proportion to the weights. `pick` chooses what they do
 * it to.
 */
function steps(weights: Partial<Record<Act, number>>, maxLength: number) {
  const acts = Object.entries(weights) as [Act, number][];
  const act = fc.oneof(...acts.map(([name, weight]) => ({ weight, arbitrary: fc.constant(name) })));
  return fc.array(fc.record({ act, pick: fc.nat(1000) }), { maxLength });
}

const whileWalking = {
  add: 6,
  unsendable: 2,
  record: 2,
  finish: 2,
  plan: 1,
  "retry job": 1,
} as const;
const whileStoring = {
  ...{
    record: 12,
    twice: 3,
    finish: 12,
    seal: 6,
    waive: 3,
    retry: 3,
    "retry job": 2,
    "retry plan": 2,
  },
  ...{ add: 2, unsendable: 2, forget: 1, plan: 6, "fail planning": 1, cancel: 1 },
} as const;
// First the sources are walked, then anything may happen.
const story = fc
  .tuple(steps(whileWalking, 6), steps(whileStoring, 30))
  .map(([walking, storing]) => [
    ...walking,
    { act: "plan" as const, pick: 0 },
    { act: "plan" as const, pick: 1 },
    ...storing,
  ]);

const names = ["a", "b", "c", "d", "e", "f", "caf\u00e9", "cafe\u0301"];
const source = { type: "directory" as const, path: "/evidence" };
const by = { who: "somebody", why: "to see" };

function planned(path: string, size: number) {
  const normal = path.normalize("NFC");
  return { path, size, modifiedAt: 1, ...(normal === path ? {} : { normal }) };
}

test("Whatever is done in whatever order, counters equal rows, what is stored stays, and only a finished import is sealed", async () => {
  await fc.assert(
    fc.asyncProperty(story, async (all) => {
      const world = await begin();
      for (const { act, pick } of all) {
        await take(world, act, pick).catch(passConflicts);
        await checkInvariants(world);
      }
    }),
    { numRuns: 10 },
  );
}, 60_000);

interface World {
  importId: string;
  folders: { id: number; import_id: string }[];
  /** The first version of each receipt, by file. */
  receipts: Map<number, string>;
}

async function begin(): Promise<World> {
  const folder = { vendor: "kongur", folder: {}, source };
  const request = { suit_ids: [], folders: [folder, folder] };
  const { importId, folderIds } = await createImport(ledger, request);
  const folders = folderIds.map((id) => ({ id, import_id: importId }));
  return { importId, folders, receipts: new Map() };
}

/** Passes over a refused act: it only must not change anything. */
function passConflicts(thrown: unknown): void {
  if (!(thrown instanceof ExhibitError && thrown.code === "STATE_CONFLICT")) throw thrown;
}

async function take({ importId, folders }: World, act: Act, pick: number): Promise<void> {
  const folder = folders[pick % folders.length] as World["folders"][number];
  const some = names.filter((_, index) => (pick >> index) & 1);
  const shardId = await shardOf(importId, pick);
  switch (act) {
    case "add":
      await addShard(
        ledger,
        folder,
        some.map((path) => planned(path, pick)),
      );
      break;
    case "unsendable":
      await addUnsendable(
        ledger,
        folder,
        some.map((path, index) =>
          index % 2
            ? { state: "skipped", path, as: "symlink" }
            : { state: "failed", path, code: "NAME_INVALID", message: "no" },
        ),
      );
      break;
    case "forget":
      await forgetWalkedFolders(ledger, folder.id, some);
      break;
    case "plan":
      await finishPlanning(ledger, folder.id);
      break;
    case "fail planning":
      await finishPlanning(ledger, folder.id, new ExhibitError("SOURCE_IO", "away"));
      break;
    case "record":
    case "twice":
      await record(folder.id, shardId, act === "twice" ? 2 : 1, pick);
      break;
    case "finish":
      await finishShard(ledger, shardId);
      break;
    case "retry":
      await reopenImport(ledger, importId, pick % 2 ? {} : { code: "NAME_INVALID" }, by);
      break;
    case "retry job":
      await reopenByJob(ledger, { shardId });
      await openShard(ledger, shardId);
      break;
    case "retry plan":
      await reopenByJob(ledger, { folderId: folder.id });
      break;
    case "waive":
      await waiveFiles(ledger, importId, pick % 2 ? {} : { code: "STORE_REFUSED" }, by);
      break;
    case "seal":
      await sealImport(ledger, importId, testSealer);
      break;
    case "cancel":
      await cancelImport(ledger, importId, by);
  }
}

async function shardOf(importId: string, pick: number): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    select id from shards where import_id = ${importId} order by id`.execute(ledger.db);
  return rows[pick % Math.max(1, rows.length)]?.id ?? 0;
}

/**
 * Records outcomes of each kind for the files of a shard; the second time other ones, as a slow
 * worker would.
 */
async function record(folderId: number, shardId: number, times: number, pick: number) {
  const { rows } = await sql<UnfinishedFile & { folder_id: number }>`
    select id, path, size, folder_id from files where shard_id = ${shardId} order by id`.execute(
    ledger.db,
  );
  const outcomes = rows.filter((_, index) => pick % 4 !== 3 || (pick >> index) % 2 === 0);
  for (let round = 0; round < times; round++) {
    const isStored = (_: unknown, index: number) =>
      pick % 3 === 0 || ((pick >> index) + round) % 2 === 0;
    const stored = outcomes.filter(isStored).map((file) => receipt(file, pick + round));
    const failed = outcomes.filter((file, index) => !isStored(file, index)).map(failure);
    await recordOutcomes(ledger, rows[0]?.folder_id ?? folderId, stored, failed);
  }
}

function receipt({ id, path }: UnfinishedFile, seed: number): StoredFile {
  return {
    fileId: id,
    state: seed % 3 ? "stored" : "identical",
    size: seed,
    modifiedMs: seed,
    key: path,
    sha256: new Uint8Array(32).fill(seed),
    crc64: BigInt(seed),
    etag: "E",
    requestId: `${seed}`,
    storedAt: new Date(seed),
    leaseId: "L",
    endpoint: "https://oss",
    bucket: "evidence",
    versionId: undefined,
  };
}

function failure({ id }: UnfinishedFile, index: number): NotStored {
  const code = index % 2 ? "STORE_REFUSED" : "SOURCE_CHANGED";
  return { fileId: id, state: index % 3 ? "failed" : "planned", code, message: "no" };
}

/** Expects a query to return no row: it returns one for each broken invariant. */
async function checkInvariants({ importId, receipts }: World): Promise<void> {
  const counted = sql.raw(counterNames.join());
  const { rows } = await sql<{ wrong: string; id: string }>`
    with file as (
      select files.*, shards.state as shard_state, folders.import_id, folders.planned as folder_planned
      from files join folders on folders.id = files.folder_id left join shards on shards.id = files.shard_id
      where folders.import_id = ${importId}
    ), found as (
      select folder_id, count(*) filter (where state <> 'skipped') as files,
        sum(size) filter (where state <> 'skipped')::bigint as bytes,
        count(*) filter (where state = 'stored') as stored, sum(size) filter (where state = 'stored')::bigint as stored_bytes,
        count(*) filter (where state = 'identical') as identical,
        sum(size) filter (where state = 'identical')::bigint as identical_bytes,
        count(*) filter (where state = 'failed') as failed, count(*) filter (where state = 'waived') as waived,
        count(*) filter (where state = 'skipped') as skipped
      from file group by grouping sets ((folder_id), ())
    ), zeroed as (
      select folder_id, files, coalesce(bytes, 0) as bytes, stored, coalesce(stored_bytes, 0) as stored_bytes, identical,
        coalesce(identical_bytes, 0) as identical_bytes, failed, waived, skipped from found
    ), import as (select * from imports where id = ${importId})
    select 'totals of the import' as wrong, '' as id from import, zeroed
      where folder_id is null and (select row(${counted}) from imports where id = ${importId}) is distinct from
        row(zeroed.files, zeroed.bytes, zeroed.stored, zeroed.stored_bytes, zeroed.identical, zeroed.identical_bytes, zeroed.failed, zeroed.waived, zeroed.skipped)
    union all select 'totals of a folder', f.id::text from folders f join zeroed z on z.folder_id = f.id
      where row(f.files, f.bytes, f.stored, f.stored_bytes, f.identical, f.identical_bytes, f.failed, f.waived, f.skipped) is distinct from
        row(z.files, z.bytes, z.stored, z.stored_bytes, z.identical, z.identical_bytes, z.failed, z.waived, z.skipped)
    union all select 'open shards of the import', '' from import
      where open_shards <> (select count(*) from shards where import_id = import.id and state = 'open')
    union all select 'open shards of a folder', f.id::text from folders f where import_id = ${importId}
      and open_shards <> (select count(*) from shards where folder_id = f.id and state = 'open')
    union all select 'open folders', '' from import
      where open_folders <> (select count(*) from folders where import_id = import.id and not planned)
    union all select 'sealed too early', '' from import
      where status = 'sealed' and (open_shards > 0 or open_folders > 0 or failed > 0
        or exists (select from folders where import_id = import.id and error_code is not null)
        or exists (select from file where state in ('planned', 'failed')))
    union all select 'at rest with open work', '' from import
      where status = 'attention' and (open_shards > 0 or open_folders > 0)
    union all select 'a finished shard with open files', id::text from file
      where (shard_state <> 'open' and state = 'planned') or (shard_state = 'stored' and state = 'failed')
    union all select 'awaits a rewalk that nobody does', id::text from file
      where shard_id is null and state = 'planned' and folder_planned
    union all select 'two files for one key', min(path) from file where shard_id is not null
      group by folder_id, coalesce(normal, path) having count(*) > 1`.execute(ledger.db);
  expect(rows).toEqual([]);
  await checkReceipts(importId, receipts);
}

async function checkReceipts(importId: string, receipts: World["receipts"]): Promise<void> {
  const { rows } = await sql<{ id: number; state: string; receipt: string }>`
    select file.id, file.state, file::text as receipt from files file join folders on folders.id = file.folder_id
    where import_id = ${importId} and (state in ('stored', 'identical') or file.id = any(${[...receipts.keys()]}::bigint[]))`.execute(
    ledger.db,
  );
  const now = new Map(rows.map(({ id, receipt }) => [id, receipt]));
  for (const [id, before] of receipts) expect(now.get(id)).toBe(before);
  for (const [id, row] of now) receipts.set(id, row);
}
