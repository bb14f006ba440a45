import {
  type DryRun,
  type DryRunFolder,
  ExhibitError,
  errorTable,
  type FolderRequest,
  type ImportRequest,
  type Scope,
  toExhibitError,
  visible,
} from "@exhibit/contracts";
import { type Broker, folderToAskFor, type Lease, type Tunnel } from "@exhibit/credentials";
import {
  type Ledger,
  ledgerWithin,
  type PlannedFile,
  readPausedVendors,
  readStoredBefore,
} from "@exhibit/ledger";
import { keyOf, lookFor } from "@exhibit/oss";
import type { Attempt } from "@exhibit/queue";
import { type Sources, sourceName } from "@exhibit/sources";
import type { Sight } from "../fleet/sight.ts";
import { handedBack } from "../jobs/postpone.ts";
import { createSlots } from "../planning/slots.ts";
import { takeAll } from "../planning/take-all.ts";
import { createTally, type NameBudget, type Tally } from "./tally.ts";

export interface DryRunDependencies {
  ledger: Ledger;
  broker: Pick<Broker, "lease" | "perFile">;
  sources: Pick<Sources, "open">;
  sight: Pick<Sight, "judge">;
  tunnel: Tunnel | undefined;
}

/** Milliseconds for the walk of one source. */
const SOURCE_TIMEOUT_MS = 20_000;
/** Milliseconds for all folders together; those that it isn't enough for aren't looked at. */
const TOTAL_TIMEOUT_MS = 45_000;
/** Milliseconds for a vendor's answer. */
const LEASE_TIMEOUT_MS = 10_000;
/** Names that are told of all folders together. */
const MAX_NAMED_IN_ALL = 1_000;
/** Objects that OSS is asked for, for each folder. */
const MAX_HEADS = 8;

/** What is the same for all folders of a dry run. */
interface Run extends DryRunDependencies {
  request: ImportRequest;
  limits: readonly string[] | undefined;
  paused: ReadonlySet<string>;
  budget: NameBudget;
  deadline: number;
  attempt: Attempt;
}

/**
 * Finds out what an import would do, by the rules by which it would be planned: it walks the
 * sources for a limited time, takes a lease for each folder, and looks for some of the files where
 * they would go. Writes nothing, neither to the ledger nor to OSS. Throws INTERRUPTED when the
 * attempt's signal aborts.
 */
export async function runDry(
  dependencies: DryRunDependencies,
  scope: Scope,
  request: ImportRequest,
  attempt: Attempt,
): Promise<DryRun> {
  const ledger = ledgerWithin(dependencies.ledger, scope);
  const run: Run = {
    ...dependencies,
    ledger,
    request,
    attempt,
    limits: scope.roots === "all" ? undefined : scope.roots,
    paused: new Set((await readPausedVendors(ledger)).keys()),
    budget: { left: MAX_NAMED_IN_ALL },
    deadline: Date.now() + TOTAL_TIMEOUT_MS,
  };
  const folders: DryRunFolder[] = [];
  for (const folder of request.folders) folders.push(await runFolder(run, folder));
  const sum = (of: (folder: DryRunFolder) => number) =>
    folders.reduce((total, folder) => total + of(folder), 0);
  return {
    trial: ledger.deployment.world === "trial",
    complete: folders.every(({ complete }) => complete),
    files: sum(({ files }) => files),
    bytes: sum(({ bytes }) => bytes),
    problems: sum(problemsIn),
    folders,
  };
}

function problemsIn({ problems, error, place_error }: DryRunFolder): number {
  const files = problems.reduce((total, { files }) => total + files, 0);
  return files + (error === null ? 0 : 1) + (place_error === null ? 0 : 1);
}

async function runFolder(run: Run, folder: FolderRequest): Promise<DryRunFolder> {
  const { broker, budget, attempt } = run;
  attempt.signal.throwIfAborted();
  const lease = await leaseOf(run, folder);
  const isEnough = new AbortController();
  const perFile = broker.perFile(folder.vendor);
  const tally = createTally({
    lease: lease instanceof ExhibitError ? undefined : lease,
    slots: perFile && createSlots(folder.vendor, perFile, new Map()),
    budget,
    onEnough: () => isEnough.abort(),
  });
  const walked = await walk(run, folder, tally, isEnough.signal);
  const { counts, sample } = tally.end();
  const isEmpty = counts.files === 0 && counts.problems.length === 0;
  const error =
    walked.complete && isEmpty && folder.source.allow_empty !== true
      ? new ExhibitError("SOURCE_EMPTY", `There is no file in ${sourceName(folder.source)}.`)
      : walked.error;
  return {
    vendor: folder.vendor,
    folder: folder.folder,
    source: folder.source,
    ...counts,
    complete: walked.complete,
    error: error === undefined ? null : viewOf(error),
    ...(await placeIn(run, lease, sample)),
  };
}

/** Returns the folder's lease, or why there is none; undefined when no time is left. */
async function leaseOf(
  { broker, request, paused, deadline, attempt }: Run,
  { vendor, folder }: FolderRequest,
): Promise<Lease | ExhibitError | undefined> {
  if (paused.has(vendor)) {
    return new ExhibitError("STATE_CONFLICT", `${vendor} is paused, so it wasn't asked.`);
  }
  const time = Math.min(LEASE_TIMEOUT_MS, deadline - Date.now());
  if (time <= 0) return undefined;
  const { entrust_id, suit_ids } = request;
  const of = { vendor, entrust_id, suit_ids, folder: folderToAskFor(broker, { vendor, folder }) };
  const late = AbortSignal.timeout(time);
  try {
    return await broker.lease(of, { signal: AbortSignal.any([attempt.signal, late]) });
  } catch (thrown) {
    attempt.signal.throwIfAborted();
    if (!late.aborted) return toExhibitError(thrown);
    return new ExhibitError("VENDOR_UNAVAILABLE", `${vendor} hasn't answered in time.`);
  }
}

interface Walked {
  complete: boolean;
  error?: ExhibitError;
}

/** Walks a source into a tally until its end, or until it is enough. */
async function walk(
  { sources, sight, limits, deadline, attempt }: Run,
  { source }: FolderRequest,
  tally: Tally,
  isEnough: AbortSignal,
): Promise<Walked> {
  const time = Math.min(SOURCE_TIMEOUT_MS, deadline - Date.now());
  if (time <= 0) return { complete: false };
  const late = AbortSignal.timeout(time);
  const signal = AbortSignal.any([attempt.signal, isEnough, late]);
  try {
    await orAborted(signal, async () => {
      await using reader = await sources.open(source, limits);
      await takeAll(reader, tally, signal, () => {});
    });
    return { complete: !isEnough.aborted };
  } catch (thrown) {
    attempt.signal.throwIfAborted();
    if (isEnough.aborted || late.aborted) return { complete: false };
    const error = toExhibitError(thrown);
    const judged = await sight.judge(error, { source }, "SOURCE_NOT_FOUND");
    if (judged.isLeftToOthers) throw handedBack(judged.error, attempt);
    return { complete: false, error: judged.error };
  }
}

/** Waits for work no longer than until the signal aborts: a call to a share that hangs can't be ended. */
async function orAborted(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  try {
    await Promise.race([work(), promise]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

type Place = Pick<DryRunFolder, "place" | "lease_ends_at" | "place_error" | "there">;

/** Returns where a lease leads, and what is there already. */
async function placeIn(
  { ledger, tunnel, attempt }: Run,
  lease: Lease | ExhibitError | undefined,
  sample: readonly PlannedFile[],
): Promise<Place> {
  const none = { place: null, lease_ends_at: null, place_error: null, there: null };
  if (lease === undefined) return none;
  if (lease instanceof ExhibitError) return { ...none, place_error: viewOf(lease) };
  const { bucket, prefix, expiresAt } = lease;
  const place = { endpoint: bucket.endpoint, bucket: bucket.name, prefix };
  const stored = await readStoredBefore(
    ledger,
    place,
    sample.map(({ path }) => path),
  );
  const recorded = compared(sample, ({ path }) => stored.get(path));
  const shown = { place, lease_ends_at: expiresAt.toISOString() };
  const keyIn = ({ normal, path }: PlannedFile) => keyOf(lease, normal ?? path);
  const few = lease.object === undefined ? spread(sample, MAX_HEADS) : [];
  try {
    const late = AbortSignal.timeout(LEASE_TIMEOUT_MS);
    const signal = AbortSignal.any([attempt.signal, late]);
    const { lookedFor, sizes, unreadable } = await lookFor(lease, few.map(keyIn), {
      signal,
      tunnel,
    });
    const in_store = {
      ...compared(few, (file) => sizes.get(keyIn(file))),
      looked_for: lookedFor,
      unreadable,
    };
    return { ...shown, place_error: null, there: { recorded, in_store } };
  } catch (thrown) {
    attempt.signal.throwIfAborted();
    const in_store = { looked_for: 0, found: 0, other_size: 0, unreadable: false };
    const there = { recorded, in_store };
    return { ...shown, place_error: viewOf(toExhibitError(thrown)), there };
  }
}

/** Counts the files that are there, and those that have another size there. */
function compared(
  files: readonly PlannedFile[],
  sizeThere: (file: PlannedFile) => number | undefined,
) {
  const sizes = files.map((file) => [file.size, sizeThere(file)] as const);
  const found = sizes.filter(([, there]) => there !== undefined);
  const other = found.filter(([here, there]) => here !== there);
  return { looked_for: files.length, found: found.length, other_size: other.length };
}

/** Returns a few of the files, from all over. */
function spread(files: readonly PlannedFile[], count: number): PlannedFile[] {
  const step = Math.max(1, files.length / count);
  const places = Array.from({ length: Math.min(count, files.length) }, (_, n) =>
    Math.floor(n * step),
  );
  return places.flatMap((at) => files[at] ?? []);
}

function viewOf({ code, message }: ExhibitError) {
  return { code, message: visible(message), remedy: errorTable[code].remedy };
}
