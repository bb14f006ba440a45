import { createHash } from "node:crypto";
import { type ExhibitError, toExhibitError } from "@exhibit/contracts";
import type { Broker } from "@exhibit/credentials";
import {
  type AsideEntry,
  addAside,
  addShard,
  type FolderRow,
  finishPlanning,
  type Ledger,
  type PlannedFile,
  readFolder,
  readSlots,
  reopenByJob,
} from "@exhibit/ledger";
import type { Attempt, Engine } from "@exhibit/queue";
import { openSource, type SourceEntry } from "@exhibit/sources";
import { type Logger, withSpan } from "@exhibit/telemetry";
import { createSharder } from "./sharding.ts";
import { createSlotter, type Slotter } from "./slotting.ts";
import { whileWanted } from "./wanted.ts";

export interface PlanDependencies {
  ledger: Ledger;
  engine: Engine;
  broker: Pick<Broker, "perFile">;
  roots: readonly string[];
  logger: Logger;
}

/** Skipped and faulty entries are put on the record this many at a time. */
const ASIDE_BATCH = 256;

/**
 * Walks a folder's source and puts its files on the record, shard by shard; each shard is announced at once, so that
 * uploads begin while a large source is still being walked. A walk that was broken off is simply walked again.
 */
export async function planFolder(
  dependencies: PlanDependencies,
  folderId: number,
  attempt: Attempt,
): Promise<void> {
  const { ledger } = dependencies;
  const folder = await openFolder(ledger, folderId);
  if (!folder) return;
  const attributes = { "exhibit.import_id": folder.import_id, "exhibit.folder_id": folderId };
  await withSpan("exhibit.plan", attributes, () =>
    whileWanted(ledger, { importId: folder.import_id }, attempt, (watched) =>
      planOpenFolder(dependencies, folder, watched),
    ),
  );
}

async function planOpenFolder(
  dependencies: PlanDependencies,
  folder: FolderRow,
  attempt: Attempt,
): Promise<void> {
  const { ledger, engine } = dependencies;
  const fault = await walk(dependencies, folder, attempt);
  const finished = await finishPlanning(ledger, folder.id, fault);
  // Should the queue be away just now, the reconciler rings: the import is complete in the ledger.
  if (finished?.complete) {
    await engine.ring("seal", [{ id: finished.importId }]).catch((err) => {
      dependencies.logger.warn({ err }, "the queue can't be reached; the reconciler will ring");
    });
  }
  if (fault) throw fault;
}

/**
 * The folder, if it is to be walked. One that has been walked but has a fault of its own is taken up again: that is what
 * a person's retry of the job means.
 */
async function openFolder(ledger: Ledger, folderId: number): Promise<FolderRow | undefined> {
  const folder = await readFolder(ledger, folderId);
  if (folder.status === "cancelled") return undefined;
  if (!folder.planned) return folder;
  const { folderIds } = await reopenByJob(ledger, { folderId });
  return folderIds.length > 0 ? folder : undefined;
}

/** Gives the fault for which the source can't be walked, once trying again doesn't help. */
async function walk(
  dependencies: PlanDependencies,
  folder: FolderRow,
  attempt: Attempt,
): Promise<ExhibitError | undefined> {
  const { ledger, engine, roots, logger } = dependencies;
  const sharder = createSharder();
  const slotter = await slotterFor(dependencies, folder);
  let aside: AsideEntry[] = [];

  async function addShards(shards: PlannedFile[][]): Promise<void> {
    for (const files of shards) {
      const shard = await addShard(ledger, folder, files);
      if (!shard) continue;
      await engine
        .announce("store", [{ id: String(shard.shardId), number: shard.number }])
        .catch((err) => {
          // The shard is on the record: the reconciler rings for it.
          logger.warn(
            { err, shard_id: shard.shardId },
            "the queue can't be reached; the reconciler will ring",
          );
        });
    }
  }

  async function addAsides(): Promise<void> {
    if (aside.length > 0) await addAside(ledger, folder, aside);
    aside = [];
  }

  async function addRest(): Promise<void> {
    await addAsides();
    for (const file of slotter?.rest() ?? []) await addShards(sharder.add(file));
    await addShards(sharder.rest());
  }

  try {
    const reader = await openSource(folder.source, roots);
    for await (const entry of reader.walk({ signal: attempt.signal })) {
      if (entry.kind !== "file") aside.push(asideOf(entry));
      else if (isTooLong(entry.path)) aside.push(tooLong(entry.path));
      else if (slotter) aside.push(...slotter.add(entry));
      else await addShards(sharder.add(entry));
      if (aside.length >= ASIDE_BATCH) await addAsides();
    }
    await addRest();
  } catch (thrown) {
    const error = toExhibitError(thrown);
    // Another walk has come to the end before this one, or the import is cancelled.
    if (error.code === "STATE_CONFLICT") return undefined;
    if (error.action !== "never" && !(attempt.last && error.code === "SOURCE_IO")) throw error;
    await addRest();
    return error;
  }
  return undefined;
}

/** Only for a vendor that opens a folder's files one by one. */
async function slotterFor(
  { ledger, broker }: PlanDependencies,
  { id, vendor }: FolderRow,
): Promise<Slotter | undefined> {
  const perFile = broker.perFile(vendor);
  return perFile && createSlotter(vendor, perFile, await readSlots(ledger, id));
}

function asideOf(entry: Exclude<SourceEntry, { kind: "file" }>): AsideEntry {
  const path = shortened(entry.path);
  return entry.kind === "skipped"
    ? { state: "skipped", path, as: entry.reason }
    : { state: "failed", path, code: entry.error.code, message: entry.error.message };
}

/**
 * Bytes of UTF-8. OSS takes 1,023 of them for a key, and a name may get shorter in its normal form; what is far beyond
 * that can't be stored, and is too long for the ledger's index, which takes 2,704.
 */
const LONGEST_PATH = 2048;

function isTooLong(path: string): boolean {
  return path.length > LONGEST_PATH / 3 && Buffer.byteLength(path) > LONGEST_PATH;
}

function tooLong(path: string): AsideEntry {
  const bytes = Buffer.byteLength(path);
  const message = `The path has ${bytes} bytes; OSS takes keys of at most 1,023.`;
  return { state: "failed", path: shortened(path), code: "KEY_INVALID", message };
}

/** A path that can be kept in the ledger: of a long one its beginning, and a digest that keeps it apart from others. */
function shortened(path: string): string {
  if (!isTooLong(path)) return path;
  const digest = createHash("sha256").update(path).digest("hex").slice(0, 16);
  return `${path.slice(0, 500).toWellFormed()}… (${digest})`;
}
