import { type ErrorCode, ExhibitError, toExhibitError } from "@exhibit/contracts";
import type { Broker } from "@exhibit/credentials";
import {
  addShards,
  addUnsendable,
  compareWithLast,
  type FolderRow,
  finishPlanning,
  forgetWalkedFolders,
  type LastFolder,
  type Ledger,
  listAwaitingRewalk,
  type PlannedFile,
  readFolder,
  readLast,
  readSlots,
  reopenByJob,
  type UnsendableEntry,
} from "@exhibit/ledger";
import { tooLarge } from "@exhibit/oss";
import type { Attempt, Engine } from "@exhibit/queue";
import { type SourceEntry, type SourceReader, type Sources, sourceName } from "@exhibit/sources";
import { type Logger, type RunningSpan, withSpan } from "@exhibit/telemetry";
import type { Sight } from "../fleet/sight.ts";
import { type RunWatch, type Waits, whileWatched } from "../fleet/waits.ts";
import { enqueueSoon, jobOfShard, UNREACHABLE } from "../jobs/enqueue.ts";
import { folderError } from "../jobs/folder-error.ts";
import { handedBack } from "../jobs/postpone.ts";
import { runUntilStopped } from "../jobs/until-stopped.ts";
import { oneInFlight } from "./one-in-flight.ts";
import { createSharder } from "./sharder.ts";
import { createSlots, type Slots } from "./slots.ts";
import { createSortedBatches } from "./sorted-batches.ts";
import { isOverlong, overlongFile, unsendableEntry, unsendableFile } from "./unsendable.ts";

export interface PlanDependencies {
  ledger: Ledger;
  engine: Engine;
  broker: Pick<Broker, "perFile">;
  sources: Pick<Sources, "open">;
  logger: Logger;
  sight: Pick<Sight, "judge">;
  waits: Pick<Waits, "begin">;
}

/** Skipped and faulty entries are put on the record this many at a time. */
const ASIDE_BATCH = 256;

/**
 * Walks a folder's source and puts its files on the record, some shards at a time; they are
 * announced at once, so that uploads begin while a large source is still being walked. A walk that
 * was broken off is simply walked again.
 */
export async function planFolder(
  dependencies: PlanDependencies,
  folderId: number,
  attempt: Attempt,
): Promise<void> {
  const { ledger } = dependencies;
  const folder = await openFolder(ledger, folderId, attempt);
  if (!folder) return;
  const attributes = {
    "exhibit.import_id": folder.import_id,
    "exhibit.folder_id": folderId,
    "exhibit.vendor": folder.vendor,
  };
  await withSpan("exhibit.plan", attributes, (span) =>
    runUntilStopped(ledger, { importId: folder.import_id }, attempt, (watched) => {
      let entries = 0;
      const run = {
        importId: folder.import_id,
        folderId,
        vendor: folder.vendor,
        source: sourceName(folder.source),
        moved: () => entries,
      };
      const onEntry = () => {
        entries += 1;
      };
      return whileWatched(dependencies.waits, run, (watch) =>
        planOpenFolder(dependencies, folder, watched, { ...watch, onEntry, span }),
      );
    }),
  );
}

interface WalkWatch extends Pick<RunWatch, "fault"> {
  onEntry(): void;
  span: RunningSpan<"exhibit.plan">;
}

/** Gives the fault for which the source can't be walked. */
async function planOpenFolder(
  dependencies: PlanDependencies,
  folder: FolderRow,
  attempt: Attempt,
  watch: WalkWatch,
): Promise<ExhibitError | undefined> {
  const { ledger } = dependencies;
  const last = await readLast(ledger, folder.id);
  const fault = await walk(dependencies, folder, attempt, watch, last);
  if (!fault && last) await compareWithLast(ledger, folder.id, last);
  const finished = await finishPlanning(ledger, folder.id, fault, attempt.starts);
  if (finished) {
    const { files, bytes, failed, skipped } = finished.counters;
    watch.span.set({
      "exhibit.files": files,
      "exhibit.bytes": bytes,
      "exhibit.failed": failed,
      "exhibit.skipped": skipped,
    });
  }
  if (finished?.complete) await enqueueSoon(dependencies, "seal", [{ id: finished.importId }]);
  return fault && folderError(fault, folder);
}

/**
 * The folder, if it is to be walked. One that has been walked but has a fault of its own is taken
 * up again: that is what a person's retry of the job means.
 */
async function openFolder(
  ledger: Ledger,
  folderId: number,
  { starts }: Attempt,
): Promise<FolderRow | undefined> {
  const folder = await readFolder(ledger, folderId);
  if (folder.status === "cancelled") return undefined;
  if (!folder.planned) return folder;
  const { folderIds } = await reopenByJob(ledger, { folderId, jobStarts: starts });
  if (folderIds.length > 0) return folder;
  // The queue hasn't heard how the job ended.
  if (folder.error_code !== null) {
    throw new ExhibitError(folder.error_code, folder.error ?? "");
  }
  return undefined;
}

/** Gives the fault for which the source can't be walked, once trying again doesn't help. */
async function walk(
  dependencies: PlanDependencies,
  folder: FolderRow,
  attempt: Attempt,
  watch: WalkWatch,
  last: LastFolder | undefined,
): Promise<ExhibitError | undefined> {
  const { ledger, sources, sight } = dependencies;
  const sharder = createSharder();
  const slots = await slotsFor(dependencies, folder);
  const gathered = createSortedBatches();
  const adding = oneInFlight();
  let aside: UnsendableEntry[] = [];
  let isEmpty = true;

  async function addShardsOf(files: readonly PlannedFile[]): Promise<void> {
    const shards = files.flatMap((file) => sharder.add(file));
    if (shards.length > 0) await adding.begin(() => addAndAnnounce(dependencies, folder, shards));
  }

  async function addAsides(): Promise<void> {
    if (aside.length > 0) await addUnsendable(ledger, folder, aside);
    aside = [];
  }

  async function addRest(): Promise<void> {
    await addAsides();
    await addShardsOf([...gathered.rest(), ...(slots?.rest() ?? [])]);
    const last = sharder.rest();
    await adding.begin(() => addAndAnnounce(dependencies, folder, last));
    await adding.end();
  }

  async function take(entry: SourceEntry, reader: SourceReader): Promise<void> {
    if (entry.kind !== "skipped") isEmpty = false;
    const normal = normalOf(entry.path, reader);
    const refusal = entry.kind === "file" ? tooLarge(entry.size) : undefined;
    if (entry.kind !== "file") aside.push(unsendableEntry(entry, normal));
    else if (isOverlong(entry.path)) aside.push(overlongFile(entry.path, entry.path));
    else if (isOverlong(normal)) aside.push(overlongFile(entry.path, normal));
    else if (refusal) aside.push(unsendableFile(entry.path, normal, refusal));
    else {
      const { path, size, modifiedAt } = entry;
      const own = normal === path ? {} : { normal };
      const file = { path, size, modifiedAt, ...own };
      if (slots) aside.push(...slots.add(file));
      else await addShardsOf(gathered.add(file));
    }
    if (aside.length >= ASIDE_BATCH) await addAsides();
  }

  /** Gives whether there were others. */
  async function takeAll(reader: SourceReader, wanted: (path: string) => boolean) {
    let others = false;
    for await (const entry of reader.walk({ signal: attempt.signal })) {
      watch.onEntry();
      if (wanted(entry.path)) await take(entry, reader);
      else others = true;
    }
    await addRest();
    return others;
  }

  try {
    await using reader = await sources.open(folder.source);
    // Of two files with one key, the one whose name is the key has it, whichever of them is met
    // first.
    const others = await takeAll(reader, (path) => slots !== undefined || isNormal(path, reader));
    if (others) await takeAll(reader, (path) => !isNormal(path, reader));
    if (isEmpty && folder.source.allow_empty !== true) throw empty(folder, last);
    await forgetWalked(ledger, folder.id, reader);
  } catch (thrown) {
    const { error, isLeftToOthers } = await sight.judge(
      toExhibitError(thrown),
      { source: folder.source },
      // Nothing of it is known yet that could be given up, and whoever mistyped a path is told at
      // once.
      "SOURCE_NOT_FOUND",
    );
    // Another walk has come to the end before this one, or the import is cancelled.
    if (error.code === "STATE_CONFLICT") return undefined;
    watch.fault(error);
    if (isLeftToOthers) throw handedBack(error, attempt);
    if (error.action !== "never" && !(attempt.last && error.code === "SOURCE_IO")) throw error;
    await addRest();
    return error;
  } finally {
    // What it fails with is thrown already, or comes of it.
    await adding.end().catch(() => {});
  }
  return undefined;
}

/** A share that isn't mounted is an empty folder. */
function empty({ source }: FolderRow, last: LastFolder | undefined): ExhibitError {
  const before =
    last === undefined || last.files === 0
      ? ""
      : ` Import ${last.importId} of ${last.createdAt.toISOString().slice(0, 10)} stored ${last.files} files from it.`;
  return new ExhibitError("SOURCE_EMPTY", `There is no file in ${sourceName(source)}.${before}`);
}

/** Puts shards on the record and announces them. */
async function addAndAnnounce(
  { ledger, engine, logger }: PlanDependencies,
  folder: FolderRow,
  shards: readonly PlannedFile[][],
): Promise<void> {
  if (shards.length === 0) return;
  const added = await addShards(ledger, folder, shards);
  await engine.enqueueNew("store", added.map(jobOfShard)).catch((err) => {
    // The shards are in the ledger, so the reconciler enqueues them.
    const shard_ids = added.map(({ shardId }) => shardId);
    logger.warn({ err, shard_ids }, UNREACHABLE);
  });
}

function isNormal(path: string, reader: SourceReader): boolean {
  return path === normalOf(path, reader);
}

/**
 * What a file's key is made of: the text of its path in its normal form, or the path itself where
 * that is no text.
 */
function normalOf(path: string, reader: SourceReader): string {
  return reader.nameOf(path).normalize("NFC");
}

/**
 * A folder that couldn't be read and now can is on the record by its files; it isn't missed itself.
 */
async function forgetWalked(ledger: Ledger, folderId: number, reader: SourceReader): Promise<void> {
  let after = "";
  for (;;) {
    const paths = await listAwaitingRewalk(ledger, folderId, { after, limit: ASIDE_BATCH });
    const last = paths.at(-1);
    if (last === undefined) return;
    after = last;
    const walked = await Promise.all(paths.map((path) => reader.isFolder(path)));
    await forgetWalkedFolders(
      ledger,
      folderId,
      paths.filter((_, index) => walked[index]),
    );
  }
}

/** Only for a vendor that opens a folder's files one by one. */
async function slotsFor(
  { ledger, broker }: PlanDependencies,
  { id, vendor }: FolderRow,
): Promise<Slots | undefined> {
  const perFile = broker.perFile(vendor);
  return perFile && createSlots(vendor, perFile, await readSlots(ledger, id));
}
