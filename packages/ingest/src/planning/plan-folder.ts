import { ExhibitError, toExhibitError } from "@exhibit/contracts";
import {
  compareWithLast,
  type FolderRow,
  finishPlanning,
  forgetWalkedFolders,
  type LastFolder,
  type Ledger,
  listAwaitingRewalk,
  readFolder,
  readLast,
  reopenByJob,
} from "@exhibit/ledger";
import type { Attempt, Engine } from "@exhibit/queue";
import { type SourceReader, type Sources, sourceName } from "@exhibit/sources";
import { type RunningSpan, withSpan } from "@exhibit/telemetry";
import type { Sight } from "../fleet/sight.ts";
import { type RunWatch, type Waits, whileWatched } from "../fleet/waits.ts";
import { enqueueSoon } from "../jobs/enqueue.ts";
import { folderError } from "../jobs/folder-error.ts";
import { handedBack } from "../jobs/postpone.ts";
import { ringWebhooks } from "../jobs/ring-webhooks.ts";
import { runUntilStopped } from "../jobs/until-stopped.ts";
import { createIntake, type IntakeDependencies } from "./intake.ts";
import { takeAll } from "./take-all.ts";

export interface PlanDependencies extends IntakeDependencies {
  engine: Pick<Engine, "enqueue" | "enqueueNew">;
  sources: Pick<Sources, "open">;
  sight: Pick<Sight, "judge">;
  waits: Pick<Waits, "begin">;
}

/**
 * Plans a folder: walks its source and writes its files to the ledger, in shards that are enqueued
 * as they come. A walk that broke off is walked again from the beginning. Throws the error for
 * which the source can't be walked; if retrying won't help, it is in the ledger then.
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

/** Returns the error for which the source can't be walked, which the ledger has by then. */
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
  if (finished?.isPlanned) await ringWebhooks(dependencies, finished);
  return fault && folderError(fault, folder);
}

/**
 * Returns the folder if it must be walked. One that was walked but has an error of its own is
 * opened again if its job was retried: that is what a person's retry means.
 */
async function openFolder(
  ledger: Ledger,
  folderId: number,
  { starts }: Attempt,
): Promise<FolderRow | undefined> {
  const folder = await readFolder(ledger, folderId);
  // The reconciler comes back for one that is to start later.
  if (folder.status === "cancelled" || folder.isScheduled) return undefined;
  if (!folder.planned) return folder;
  const { folderIds } = await reopenByJob(ledger, { folderId, jobStarts: starts });
  if (folderIds.length > 0) return folder;
  // The queue lost how the job ended, so it is told again.
  if (folder.error_code !== null) throw new ExhibitError(folder.error_code, folder.error ?? "");
  return undefined;
}

/** Walks a source. Returns the error for which it can't be walked, once retrying doesn't help. */
async function walk(
  dependencies: PlanDependencies,
  folder: FolderRow,
  attempt: Attempt,
  watch: WalkWatch,
  last: LastFolder | undefined,
): Promise<ExhibitError | undefined> {
  const { ledger, sources, sight } = dependencies;
  const intake = await createIntake(dependencies, folder);
  try {
    await using reader = await sources.open(folder.source, folder.source_limits ?? undefined);
    await takeAll(reader, intake, attempt.signal, watch.onEntry);
    if (intake.isEmpty && folder.source.allow_empty !== true) throw empty(folder, last);
    await forgetWalked(ledger, folder.id, reader);
    return undefined;
  } catch (thrown) {
    const { error, isLeftToOthers } = await sight.judge(
      toExhibitError(thrown),
      { source: folder.source },
      // No file of it is known yet that could be given up, and a mistyped path is told at once.
      "SOURCE_NOT_FOUND",
    );
    // Another walk has finished before this one, or the import is cancelled.
    if (error.code === "STATE_CONFLICT") return undefined;
    watch.fault(error);
    if (isLeftToOthers) throw handedBack(error, attempt);
    if (error.action !== "never" && !(attempt.last && error.code === "SOURCE_IO")) throw error;
    await intake.rest();
    return error;
  } finally {
    await intake.idle();
  }
}

/** A share that isn't mounted looks like an empty folder, so that is an error. */
function empty({ source }: FolderRow, last: LastFolder | undefined): ExhibitError {
  const before =
    last === undefined || last.files === 0
      ? ""
      : ` Import ${last.importId} of ${last.createdAt.toISOString().slice(0, 10)} stored ${last.files} files from it.`;
  return new ExhibitError("SOURCE_EMPTY", `There is no file in ${sourceName(source)}.${before}`);
}

/** Entries awaiting a rewalk are checked this many at a time. */
const REWALK_BATCH = 256;

/**
 * Removes from the ledger the entries of sub-folders that couldn't be read earlier and now can: the
 * ledger has their files instead.
 */
async function forgetWalked(ledger: Ledger, folderId: number, reader: SourceReader): Promise<void> {
  let after = "";
  for (;;) {
    const paths = await listAwaitingRewalk(ledger, folderId, { after, limit: REWALK_BATCH });
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
