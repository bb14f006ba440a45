import {
  type AcceptDestinationRequest,
  type AuditEvent,
  type CancelRequest,
  ExhibitError,
  type FileView,
  type FolderView,
  type ImportRequest,
  type ImportView,
  type IncidentView,
  type PauseRequest,
  type RetryRequest,
  restingStatuses,
  UNNAMED_ACTOR,
  type WaiveRequest,
} from "@exhibit/contracts";
import type { Broker } from "@exhibit/credentials";
import {
  acceptDestination,
  cancelImport,
  createImport,
  type FileQuery,
  type ImportQuery,
  type Ledger,
  listAuditEvents,
  listFiles,
  listFolders,
  listImports,
  listIncidents,
  openShards,
  type Page,
  pauseImport,
  perhapsCreated,
  readImport,
  reopenImport,
  resumeImport,
  waiveFiles,
} from "@exhibit/ledger";
import type { Away, Engine } from "@exhibit/queue";
import { checkSource } from "@exhibit/sources";
import type { Logger } from "@exhibit/telemetry";
import { enqueueSoon, jobOf, jobOfShard } from "../jobs/enqueue.ts";

/**
 * What people and programs can do with imports. Throws NOT_FOUND for an id that the ledger doesn't know. What changes an
 * import is put on the record with `who` did it, by default "api".
 */
export interface Imports {
  /** Puts an import on the record and has it planned. Throws REQUEST_INVALID or SOURCE_OUTSIDE_ROOTS, naming the folder. */
  create(request: ImportRequest, who?: string): Promise<ImportView>;
  list(query: ImportQuery): Promise<Page<ImportView>>;
  get(importId: string): Promise<ImportView>;
  folders(
    importId: string,
    query: { limit: number; after?: string | undefined },
  ): Promise<Page<FolderView>>;
  files(importId: string, query: FileQuery): Promise<Page<FileView>>;
  /** Returns a page of its audit events, the oldest first. */
  audit(
    importId: string,
    query: { limit: number; after?: string | undefined },
  ): Promise<Page<AuditEvent>>;
  /** What touched the integrity of its files, also of those that were stored in the end. */
  incidents(
    importId: string,
    query: { limit: number; after?: string | undefined },
  ): Promise<Page<IncidentView>>;
  /**
   * Has a folder's unfinished files go to the place that is offered, which the request repeats. Throws STATE_CONFLICT when nothing or
   * something else is offered.
   */
  acceptDestination(
    importId: string,
    folderId: string,
    request: AcceptDestinationRequest,
    who?: string,
  ): Promise<ImportView>;
  /** Takes up what failed, or what the request names of it. Throws STATE_CONFLICT for an import that is sealed or cancelled. */
  retry(importId: string, request?: RetryRequest, who?: string): Promise<ImportView>;
  /** Stops it; workers notice within seconds. Throws STATE_CONFLICT for an import that is sealed or cancelled. */
  cancel(importId: string, request?: CancelRequest, who?: string): Promise<ImportView>;
  /** Has it wait until it is resumed; workers notice within seconds. Throws STATE_CONFLICT for one that is sealed, cancelled or paused. */
  pause(importId: string, request?: PauseRequest, who?: string): Promise<ImportView>;
  /** Lets it go on. Throws STATE_CONFLICT for one that isn't paused. */
  resume(importId: string, request?: PauseRequest, who?: string): Promise<ImportView>;
  /** Gives failed files up, and has the import sealed if nothing else failed. Throws STATE_CONFLICT when none failed. */
  waive(importId: string, request: WaiveRequest, who?: string): Promise<ImportView>;
}

export interface ImportsDependencies {
  ledger: Ledger;
  engine: Engine;
  broker: Broker;
  /** The folders that sources have to lie below. */
  roots: readonly string[];
  /** The real path of Exhibit's own data, which no source may hold; undefined where there are none. */
  dataDir: string | undefined;
  logger: Logger;
}

export function createImports({
  ledger,
  engine,
  broker,
  roots,
  dataDir,
  logger,
}: ImportsDependencies): Imports {
  const bells = { engine, logger };
  return {
    async create(request, who = UNNAMED_ACTOR) {
      const named = { ...request, suit_ids: suitsOf(request) };
      checkFolders(named, { broker, roots, dataDir });
      const { importId, folderIds } = await createImport(ledger, named, {
        who,
        why: request.why,
      });
      await enqueueSoon(bells, "plan", folderIds.map(jobOf));
      return await readImport(ledger, importId).catch((thrown: unknown) => {
        throw perhapsCreated(importId, thrown);
      });
    },
    async list(query) {
      const page = await listImports(ledger, query);
      return { ...page, items: page.items.map((view) => besideQueue(view, engine.away())) };
    },
    get: async (importId) => besideQueue(await readImport(ledger, importId), engine.away()),
    folders: (importId, query) => listFolders(ledger, importId, query),
    files: (importId, query) => listFiles(ledger, importId, query),
    audit: (importId, query) => listAuditEvents(ledger, importId, query),
    incidents: (importId, query) => listIncidents(ledger, importId, query),
    async acceptDestination(importId, folderId, request, who = UNNAMED_ACTOR) {
      await readImport(ledger, importId);
      const id = folderNumber(importId, folderId);
      const { shards } = await acceptDestination(ledger, importId, id, request, who);
      await enqueueSoon(bells, "store", shards.map(jobOfShard));
      return await readImport(ledger, importId);
    },
    async retry(importId, { why, file_id, ...named } = {}, who = UNNAMED_ACTOR) {
      await readImport(ledger, importId);
      const selection = { ...named, file_ids: file_id === undefined ? undefined : [file_id] };
      const reopened = await reopenImport(ledger, importId, selection, { who, why });
      await enqueueSoon(bells, "plan", reopened.folderIds.map(jobOf));
      await enqueueSoon(bells, "store", reopened.shards.map(jobOfShard));
      if (reopened.complete) await enqueueSoon(bells, "seal", [{ id: importId }]);
      return await readImport(ledger, importId);
    },
    async cancel(importId, { why } = {}, who = UNNAMED_ACTOR) {
      await readImport(ledger, importId);
      await cancelImport(ledger, importId, { who, why });
      return await readImport(ledger, importId);
    },
    async pause(importId, { why } = {}, who = UNNAMED_ACTOR) {
      await readImport(ledger, importId);
      await pauseImport(ledger, importId, { who, why });
      return await readImport(ledger, importId);
    },
    async resume(importId, { why } = {}, who = UNNAMED_ACTOR) {
      await readImport(ledger, importId);
      const { folderIds, complete } = await resumeImport(ledger, importId, { who, why });
      await enqueueSoon(bells, "plan", folderIds.map(jobOf));
      for await (const shards of openShards(ledger, { importId })) {
        await enqueueSoon(bells, "store", shards.map(jobOfShard));
      }
      if (complete) await enqueueSoon(bells, "seal", [{ id: importId }]);
      return await readImport(ledger, importId);
    },
    async waive(importId, { why, ...selection }, who = UNNAMED_ACTOR) {
      await readImport(ledger, importId);
      const { complete } = await waiveFiles(ledger, importId, selection, { who, why });
      if (complete) await enqueueSoon(bells, "seal", [{ id: importId }]);
      return await readImport(ledger, importId);
    },
  };
}

/** Says of an import that isn't at rest when the queue is away: what runs goes on, but nothing more is taken up. */
function besideQueue(view: ImportView, away: Away | undefined): ImportView {
  if (away === undefined || restingStatuses.has(view.status)) return view;
  const wait = {
    for: "queue" as const,
    name: null,
    since: away.since.toISOString(),
    code: "SERVICE_UNREACHABLE",
    message: `The queue doesn't answer: ${away.reason}.`,
  };
  return { ...view, waiting: [...view.waiting, wait] };
}

/** What isn't an id is one that isn't there. */
function folderNumber(importId: string, folderId: string): number {
  if (/^\d{1,15}$/.test(folderId)) return Number(folderId);
  throw new ExhibitError("NOT_FOUND", `There is no folder ${folderId} in import ${importId}.`);
}

/** The suits that a request names, and those that its folders are of: an import is found by each of them. */
function suitsOf({ suit_ids, folders }: ImportRequest): string[] {
  const own = folders.map(({ folder }) => folder.suit_id?.trim() ?? "").filter((id) => id !== "");
  return [...new Set([...suit_ids, ...own])];
}

/** Finds every folder's fault before anything is put on the record. */
function checkFolders(
  request: ImportRequest,
  { broker, roots, dataDir }: Pick<ImportsDependencies, "broker" | "roots" | "dataDir">,
): void {
  for (const [index, { vendor, folder, source }] of request.folders.entries()) {
    try {
      broker.check({ vendor, folder, entrust_id: request.entrust_id, suit_ids: request.suit_ids });
      checkSource(source, { roots, dataDir });
    } catch (thrown) {
      if (!(thrown instanceof ExhibitError)) throw thrown;
      throw inFolder(index, thrown);
    }
  }
}

function inFolder(index: number, cause: ExhibitError): ExhibitError {
  const details = { ...cause.details, folder: index };
  return new ExhibitError(cause.code, `folders[${index}]: ${cause.message}`, { cause, details });
}
