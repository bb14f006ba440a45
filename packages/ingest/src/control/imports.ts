import {
  type AcceptDestinationRequest,
  type Act,
  type ActedImport,
  type AuditEvent,
  type CancelRequest,
  type ChangeRequest,
  type DryRun,
  ExhibitError,
  type FailureGroups,
  type FileDetails,
  type FileView,
  type FolderView,
  type FoundFile,
  type ImportRequest,
  type ImportView,
  type IncidentView,
  type PauseRequest,
  type RateHistory,
  type RateQuery,
  type RetryRequest,
  type Scope,
  type TreePage,
  UNNAMED_ACTOR,
  type WaiveRequest,
} from "@exhibit/contracts";
import type { Broker } from "@exhibit/credentials";
import {
  type AuditQuery,
  acceptDestination,
  type Callback,
  cancelImport,
  changeImport,
  checkImport,
  createImport,
  type FailureQuery,
  type FileQuery,
  findFiles,
  groupErrors,
  groupFailures,
  type ImportQuery,
  type Ledger,
  ledgerWithin,
  listAuditEvents,
  listFiles,
  listFolders,
  listImports,
  listIncidents,
  listSuits,
  listTree,
  openShards,
  type Page,
  pauseImport,
  perhapsCreated,
  readFile,
  readImport,
  readRates,
  reopenImport,
  resumeImport,
  type TreeQuery,
  waiveFiles,
} from "@exhibit/ledger";
import type { Engine, JobRef, QueueName } from "@exhibit/queue";
import type { Logger } from "@exhibit/telemetry";
import { enqueueSoon, jobOfShard, jobsOfFolders, reprioritizeSoon } from "../jobs/enqueue.ts";
import { ringWebhooks } from "../jobs/ring-webhooks.ts";
import type { Ask } from "../questions/ask.ts";
import type { Asker } from "../questions/question.ts";
import { checkBacklog } from "./backlog.ts";
import { checkRequest } from "./check-request.ts";
import { historyOf } from "./fleet.ts";
import { withQueueWait } from "./queue-wait.ts";
import type { Scoped } from "./scoped.ts";

interface PageQuery {
  limit: number;
  after?: string | undefined;
}

/**
 * What people and programs can do with the imports within a scope. Throws NOT_FOUND for an import
 * that the ledger doesn't know, and in the same words for one outside the scope. Every change is
 * recorded in the audit log with `who` made it, by default "api".
 */
export interface Imports {
  /**
   * Creates an import and enqueues its planning, unless it is to start later. Throws REQUEST_INVALID or SOURCE_OUTSIDE_ROOTS,
   * naming the folder, AUTH_FORBIDDEN, naming what the scope doesn't have, and RATE_LIMITED while too many folders of theirs wait. The scope's roots
   * stay with the import: its sources are read within them. `callback` is where its events go.
   */
  create(request: ImportRequest, who?: string, callback?: Callback): Promise<ImportView>;
  /**
   * Finds out what an import would do, without creating it. Throws what `create` throws for the
   * request, and the errors of `Ask`.
   */
  dryRun(request: ImportRequest, asker: Omit<Asker, "scope">): Promise<DryRun>;
  /** Returns a page and, if the query asks for them, totals by status. */
  list(query: ImportQuery): ReturnType<typeof listImports>;
  get(importId: string): Promise<ImportView>;
  folders(importId: string, query: PageQuery): Promise<Page<FolderView>>;
  /** Returns a page of its suits, in the order of the request that created it. */
  suits(importId: string, query: PageQuery): Promise<Page<string>>;
  files(importId: string, query: FileQuery): Promise<Page<FileView>>;
  /** Returns everything that is known of one of its files. */
  file(importId: string, fileId: string): Promise<FileDetails>;
  /** Returns a page of the files with a SHA-256, in all imports. */
  findFiles(query: PageQuery & { sha256: string }): Promise<Page<FoundFile>>;
  /** Returns a page of the folders of a folder's source, with how many entries lie below each. */
  tree(importId: string, folderId: string, query: TreeQuery): Promise<TreePage>;
  /** Returns what failed in it, or is waiting, in groups. */
  errors(importId: string, query: FailureQuery): Promise<FailureGroups>;
  /** Returns what failed, or is waiting, in all imports that can still be acted on, in groups. */
  failures(query: FailureQuery): Promise<FailureGroups>;
  /** Returns a page of its audit events. */
  audit(importId: string, query: AuditQuery): Promise<Page<AuditEvent>>;
  /** Returns how fast it moved. */
  rates(importId: string, query: RateQuery): Promise<RateHistory>;
  /**
   * Returns what touched the integrity of its files, including those that were stored in the end.
   */
  incidents(importId: string, query: PageQuery): Promise<Page<IncidentView>>;
  /**
   * Accepts the destination that a folder's vendor offers, which the request repeats, for the
   * folder's unfinished files. Throws STATE_CONFLICT when nothing or something else is offered.
   */
  acceptDestination(
    importId: string,
    folderId: string,
    request: AcceptDestinationRequest,
    who?: string,
  ): Promise<ActedImport>;
  /**
   * Changes title, labels, priority, start, and whether it counts for its case. Throws
   * STATE_CONFLICT for the priority of an import that has ended, for setting aside one that hasn't,
   * and for the start of one that doesn't wait for it.
   */
  change(importId: string, request: ChangeRequest, who?: string): Promise<ImportView>;
  /**
   * Retries what failed, or the part of it that the request names. Throws STATE_CONFLICT for an
   * import that is sealed or cancelled, and when it would be about another number of files than
   * expected.
   */
  retry(importId: string, request?: RetryRequest, who?: string): Promise<ActedImport>;
  /**
   * Cancels the import; workers notice within seconds. Throws STATE_CONFLICT for one that is sealed
   * or cancelled.
   */
  cancel(importId: string, request?: CancelRequest, who?: string): Promise<ImportView>;
  /**
   * Pauses the import until it is resumed; workers notice within seconds. Throws STATE_CONFLICT for
   * one that is sealed, cancelled or paused.
   */
  pause(importId: string, request?: PauseRequest, who?: string): Promise<ImportView>;
  /** Resumes the import. Throws STATE_CONFLICT for one that isn't paused. */
  resume(importId: string, request?: PauseRequest, who?: string): Promise<ImportView>;
  /**
   * Waives failed files; if nothing else failed, the import is sealed. Throws STATE_CONFLICT when
   * none failed, or another number than expected.
   */
  waive(importId: string, request: WaiveRequest, who?: string): Promise<ActedImport>;
}

export interface ImportsDependencies {
  ledger: Ledger;
  engine: Engine;
  broker: Broker;
  ask: Ask;
  /** The folders that every source must lie below. */
  roots: readonly string[];
  /**
   * The real path of Exhibit's own data, which no source may contain; undefined where there is
   * none.
   */
  dataDir: string | undefined;
  logger: Logger;
}

export function createImports(dependencies: ImportsDependencies): Scoped<Imports> {
  return { within: (scope) => importsWithin(scope, dependencies) };
}

function importsWithin(scope: Scope, dependencies: ImportsDependencies): Imports {
  const { engine, logger } = dependencies;
  const ledger = ledgerWithin(dependencies.ledger, scope);
  const enqueue = (name: QueueName, jobs: readonly JobRef[]) =>
    enqueueSoon({ engine, logger }, name, jobs);

  /** Acts on an import that exists, and returns what it is like then. */
  async function acting<Done>(
    importId: string,
    act: () => Promise<Done>,
  ): Promise<ImportView & Done> {
    await checkImport(ledger, importId);
    const done = await act();
    await ringWebhooks({ ledger, engine, logger }, { importId });
    return { ...(await readImport(ledger, importId)), ...done };
  }

  return {
    async create(request, who = UNNAMED_ACTOR, callback) {
      const named = { ...request, suit_ids: suitsOf(request) };
      checkRequest(named, scope, dependencies);
      await checkBacklog(ledger, named, who);
      const by = { who, why: request.why };
      const { importId, folderIds, isScheduled } = await createImport(ledger, named, by, callback);
      if (!isScheduled) await enqueue("plan", jobsOfFolders(folderIds, request.priority));
      await ringWebhooks({ ledger, engine, logger }, { importId });
      return await readImport(ledger, importId).catch((thrown: unknown) => {
        throw perhapsCreated(importId, thrown);
      });
    },
    async dryRun(request, asker) {
      const named = { ...request, suit_ids: suitsOf(request) };
      checkRequest(named, scope, dependencies);
      const question = { kind: "dry_run" as const, request: named };
      return await dependencies.ask<"dry_run">({ ...asker, scope }, question);
    },
    async list(query) {
      const page = await listImports(ledger, query);
      return { ...page, items: page.items.map((view) => withQueueWait(view, engine.away())) };
    },
    get: async (importId) => withQueueWait(await readImport(ledger, importId), engine.away()),
    folders: (importId, query) => listFolders(ledger, importId, query),
    suits: (importId, query) => listSuits(ledger, importId, query),
    files: (importId, query) => listFiles(ledger, importId, query),
    file: (importId, fileId) => readFile(ledger, importId, fileId),
    findFiles: (query) => findFiles(ledger, query),
    tree: (importId, folderId, query) => listTree(ledger, importId, folderId, query),
    errors: (importId, query) => groupErrors(ledger, importId, query),
    failures: (query) => groupFailures(ledger, query),
    rates: (importId, { last }) => readRates(ledger, historyOf(last), importId),
    audit: (importId, query) => listAuditEvents(ledger, importId, query),
    incidents: (importId, query) => listIncidents(ledger, importId, query),
    acceptDestination: (importId, folderId, request, who = UNNAMED_ACTOR) =>
      acting(importId, async () => {
        const id = folderNumber(importId, folderId);
        const reopened = await acceptDestination(ledger, importId, id, request, who);
        await enqueue("store", reopened.shards.map(jobOfShard));
        return { act: actOf(reopened) };
      }),
    change: (importId, { why, ...request }, who = UNNAMED_ACTOR) =>
      acting(importId, async () => {
        const changed = await changeImport(ledger, importId, request, { who, why });
        const folders = jobsOfFolders(changed.folderIds, changed.priority);
        if (changed.hasPriorityChanged) {
          const shards = openShards(ledger, { importId, evenPaused: true });
          await reprioritizeSoon({ engine, logger }, folders, shards);
        }
        if (changed.mayStart) await enqueue("plan", folders);
      }),
    retry: (importId, { why, file_id, ...named } = {}, who = UNNAMED_ACTOR) =>
      acting(importId, async () => {
        const selection = { ...named, ...(file_id !== undefined && { file_ids: [file_id] }) };
        const reopened = await reopenImport(ledger, importId, selection, { who, why });
        await enqueue("plan", jobsOfFolders(reopened.folderIds, reopened.priority));
        await enqueue("store", reopened.shards.map(jobOfShard));
        if (reopened.complete) await enqueue("seal", [{ id: importId }]);
        return { act: actOf(reopened) };
      }),
    cancel: (importId, { why } = {}, who = UNNAMED_ACTOR) =>
      acting(importId, () => cancelImport(ledger, importId, { who, why })),
    pause: (importId, { why } = {}, who = UNNAMED_ACTOR) =>
      acting(importId, () => pauseImport(ledger, importId, { who, why })),
    resume: (importId, { why } = {}, who = UNNAMED_ACTOR) =>
      acting(importId, async () => {
        const { folderIds, priority, complete } = await resumeImport(ledger, importId, {
          who,
          why,
        });
        await enqueue("plan", jobsOfFolders(folderIds, priority));
        for await (const shards of openShards(ledger, { importId })) {
          await enqueue("store", shards.map(jobOfShard));
        }
        if (complete) await enqueue("seal", [{ id: importId }]);
      }),
    waive: (importId, { why, ...selection }, who = UNNAMED_ACTOR) =>
      acting(importId, async () => {
        const waived = await waiveFiles(ledger, importId, selection, { who, why });
        if (waived.complete) await enqueue("seal", [{ id: importId }]);
        return { act: actOf(waived) };
      }),
  };
}

function actOf(done: { eventId: string; files: number; folderIds?: readonly number[] }): Act {
  return { event_id: done.eventId, files: done.files, folders: done.folderIds?.length ?? 0 };
}

/** Returns a folder's number. Text that can't be an id names a folder that doesn't exist. */
function folderNumber(importId: string, folderId: string): number {
  if (/^\d{1,15}$/.test(folderId)) return Number(folderId);
  throw new ExhibitError("NOT_FOUND", `There is no folder ${folderId} in import ${importId}.`);
}

/**
 * Returns the suits that a request or its folders name: the import can be found by each of them.
 */
function suitsOf({ suit_ids, folders }: ImportRequest): string[] {
  const own = folders.map(({ folder }) => folder.suit_id?.trim() ?? "").filter((id) => id !== "");
  return [...new Set([...suit_ids, ...own])];
}
