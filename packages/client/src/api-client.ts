import {
  type AcceptDestinationRequest,
  type ActedFailures,
  type ActedImport,
  type AuditAction,
  type AuditEvent,
  actedFailures,
  actedImport,
  auditPage,
  type BandwidthRequest,
  type BandwidthView,
  type bagRequest,
  bandwidthView,
  type CancelRequest,
  type CaseFolderView,
  type CaseSummary,
  type CaseView,
  type ChangeRequest,
  type ChangeWebhookRequest,
  caseFolderPage,
  casePage,
  caseView,
  type DeliveryView,
  type DistrustRequest,
  type DryRun,
  deliveryPage,
  deliveryView,
  dryRun,
  type ErrorCode,
  type EvidenceList,
  type EvidenceRead,
  evidenceReadPage,
  type FailureDimension,
  type FailureGroups,
  type FileDetails,
  type FileState,
  type FileView,
  type FindingView,
  type FolderView,
  type FoundFile,
  failureGroups,
  fileDetails,
  filePage,
  findingPage,
  folderPage,
  foundFilePage,
  type ImportRequest,
  type ImportStatus,
  type ImportView,
  importPage,
  importView,
  type KeyRequestInput,
  type KeyView,
  keyPage,
  keyView,
  type LeaseList,
  leaseList,
  type Me,
  me,
  type NewKey,
  type NewWebhook,
  newKey,
  newWebhook,
  type PauseRequest,
  type QueueList,
  queueList,
  type RateHistory,
  type RateQuery,
  type RegisterCheck,
  type RegisterEntry,
  type RegisterText,
  type RetryEntryRequest,
  type RetryFailuresRequest,
  type RetryRequest,
  type RevokeKeyRequest,
  type RotateKeyRequestInput,
  type RotateWebhookRequestInput,
  rateHistory,
  registerCheck,
  registerPage,
  registerText,
  type SealKeyView,
  type SealView,
  type SourceFolders,
  sealKeyList,
  sealView,
  sourceFolders,
  suitPage,
  type VendorCheckRequestInput,
  type VendorCheckView,
  type VendorList,
  type VendorState,
  type VerificationRequestInput,
  type VerificationView,
  vendorCheck,
  vendorList,
  vendorState,
  verificationPage,
  verificationView,
  type WaiveFailuresRequest,
  type WaiveRequest,
  type WebhookActRequest,
  type WebhookRequestInput,
  type WebhookView,
  type WorkerList,
  webhookPage,
  webhookView,
  workerList,
} from "@exhibit/contracts";
import type { z } from "zod";
import { createHttp, type HttpOptions, queryOf } from "./http.ts";
import { type RepeatOptions, repeated } from "./repeated.ts";

/** Which files of an import are listed; everything that is given has to match. */
export interface FileFilter {
  states?: readonly FileState[] | undefined;
  code?: ErrorCode | undefined;
  folder?: string | undefined;
  /** How the path begins. */
  prefix?: string | undefined;
  /** A part of the path, in any case. */
  q?: string | undefined;
  /** 64 hexadecimal digits. */
  sha256?: string | undefined;
}

/** Which failures are grouped, and by what beside their code. */
interface FailureFilter {
  by?: readonly FailureDimension[] | undefined;
  code?: ErrorCode | undefined;
  folder?: string | undefined;
  /** A timestamp: only what was recorded since then. */
  since?: string | undefined;
  limit?: number | undefined;
}

/** Which imports are listed; everything that is given has to match. */
export interface ImportFilter {
  /** How the id begins or ends. */
  id?: string | undefined;
  entrust?: string | undefined;
  suit?: string | undefined;
  /** One of these. */
  statuses?: readonly ImportStatus[] | undefined;
  /** A part of the title. */
  title?: string | undefined;
  /** Labels as `key:value`; all of them. */
  labels?: readonly string[] | undefined;
  /** Whether it waits for its start. */
  scheduled?: boolean | undefined;
}

/** Which audit events are listed; everything that is given has to match. */
export interface AuditFilter {
  /** Who acted, for whomever. */
  who?: string | undefined;
  /** One of these. */
  what?: readonly AuditAction[] | undefined;
  /** What else than imports and vendors was acted on, or what lies below it: `keys`, `queues/store`. */
  subject?: string | undefined;
  /** Timestamps; the earlier one is part of the time, the later one isn't. */
  from?: string | undefined;
  to?: string | undefined;
}

/** Which reads of evidence are listed; everything that is given has to match. */
export interface ReadFilter extends Omit<AuditFilter, "what"> {
  /** One of these lists. */
  what?: readonly EvidenceList[] | undefined;
  /** The whole id of an import. */
  import?: string | undefined;
}

/** A case by its entrust_id, or a suit, which may be in several cases. */
export type CaseName = { entrust: string } | { suit: string };

export interface CreateOptions extends RepeatOptions {
  /** @defaultValue a new one */
  readonly idempotencyKey?: string;
}

/** Which entries of the register are listed; all if nothing is set. */
interface RegisterFilter {
  /** Only entries of which a stamp is pending, or waits for a person. */
  unstamped?: boolean;
  /** Only entries of which something isn't yet kept elsewhere that is to be. */
  undeposited?: boolean;
}

/**
 * The HTTP API. Every method throws an `ExhibitError`: SERVICE_UNREACHABLE when no response arrives in
 * time, the server's own code, message and details for an error, INTERNAL for a response that isn't the
 * API's.
 */
export interface ApiClient {
  /** The API's address, without a slash at the end. */
  readonly url: string;
  /** Creates an import, once for each idempotency key. */
  create(request: ImportRequest, options?: CreateOptions): Promise<ImportView>;
  /** Finds out what an import would do, without creating it. */
  dryRun(request: ImportRequest): Promise<DryRun>;
  /** Returns an import: the same object as before while nothing has changed. */
  get(importId: string): Promise<ImportView>;
  /** Returns a page of imports, the newest first. */
  list(
    query: ImportFilter & { limit: number; after?: string | undefined },
  ): Promise<z.output<typeof importPage>>;
  /** Changes title, labels or priority, or sets the import aside. */
  change(importId: string, request: ChangeRequest): Promise<ImportView>;
  /** Retries what failed; with a request, only what matches it. */
  retry(importId: string, request?: RetryRequest): Promise<ActedImport>;
  cancel(importId: string, request?: CancelRequest): Promise<ImportView>;
  waive(importId: string, request: WaiveRequest): Promise<ActedImport>;
  /** Retries what failed in several imports, and returns what became of it for each of them. */
  retryFailures(request: RetryFailuresRequest): Promise<ActedFailures>;
  /** Gives failed files of several imports up, and returns what became of it for each of them. */
  waiveFailures(request: WaiveFailuresRequest): Promise<ActedFailures>;
  /** Accepts the folder's new destination, which the request repeats from `offered`. */
  acceptDestination(
    importId: string,
    folderId: string,
    request: AcceptDestinationRequest,
  ): Promise<ActedImport>;
  pause(importId: string, request?: PauseRequest): Promise<ImportView>;
  resume(importId: string, request?: PauseRequest): Promise<ImportView>;
  /** Returns the configured vendors and their state. */
  vendors(): Promise<VendorList>;
  /** Has a worker check a vendor with a real lease, step by step. */
  checkVendor(vendor: string, request: VendorCheckRequestInput): Promise<VendorCheckView>;
  /** Returns a page of the folders that an import may name as its source. */
  sourceFolders(query: {
    path?: string | undefined;
    limit?: number | undefined;
    after?: string | undefined;
  }): Promise<SourceFolders>;
  pauseVendor(vendor: string, request?: PauseRequest): Promise<VendorState>;
  resumeVendor(vendor: string, request?: PauseRequest): Promise<VendorState>;
  bandwidth(): Promise<BandwidthView>;
  /** Sets the limit of all workers together. */
  limitBandwidth(request: BandwidthRequest): Promise<BandwidthView>;
  /** Returns whom the API takes this client for, and what it may do. */
  /** Returns how fast an import moved, or all imports of the caller's scope together. */
  rates(query?: RateQuery, importId?: string): Promise<RateHistory>;
  /** Returns the workers and what they have under way. */
  workers(): Promise<WorkerList>;
  /** Returns how many jobs each queue has. */
  queues(): Promise<QueueList>;
  /** Returns the leases of a vendor that workers hold. */
  leases(vendor: string): Promise<LeaseList>;
  /** Returns who this client is for the API, and what it may do. */
  me(): Promise<Me>;
  /** Yields the keys of the API, the oldest first, including those that no longer work. */
  keys(): AsyncIterable<KeyView>;
  /** Makes a key, which is in the response and nowhere else. */
  createKey(request: KeyRequestInput): Promise<NewKey>;
  /** Gives a key a new secret, which is in the response and nowhere else. */
  rotateKey(keyId: string, request?: RotateKeyRequestInput): Promise<NewKey>;
  revokeKey(keyId: string, request?: RevokeKeyRequest): Promise<KeyView>;
  /** Yields your webhooks, the oldest first. */
  webhooks(): AsyncIterable<WebhookView>;
  /** Makes a webhook, whose secret is in the response and nowhere else. */
  createWebhook(request: WebhookRequestInput): Promise<NewWebhook>;
  changeWebhook(webhookId: string, request: ChangeWebhookRequest): Promise<WebhookView>;
  /** Gives a webhook a new secret, which is in the response and nowhere else. */
  rotateWebhook(webhookId: string, request?: RotateWebhookRequestInput): Promise<NewWebhook>;
  removeWebhook(webhookId: string, request?: WebhookActRequest): Promise<WebhookView>;
  testWebhook(webhookId: string, request?: WebhookActRequest): Promise<DeliveryView>;
  /** Yields what a webhook was told, or what was told of an import, the latest first. */
  deliveries(of: { webhook: string } | { id: string }): AsyncIterable<DeliveryView>;
  delivery(deliveryId: string): Promise<DeliveryView>;
  redeliver(deliveryId: string, request?: WebhookActRequest): Promise<DeliveryView>;
  /** Yields all audit events of an import, a vendor or a key, the oldest first. */
  audit(of: { id: string } | { vendor: string } | { key: string }): AsyncIterable<AuditEvent>;
  /** Yields the audit events of everything, the oldest first. */
  wholeAudit(filter?: AuditFilter): AsyncIterable<AuditEvent>;
  /** Yields who read which lists of evidence, the oldest first. */
  reads(filter?: ReadFilter): AsyncIterable<EvidenceRead>;
  /** Yields all folders of an import, in the order of the request that created it. */
  folders(importId: string): AsyncIterable<FolderView>;
  /** Yields all suits of an import, in the order of the request that created it. */
  suits(importId: string): AsyncIterable<string>;
  /** Yields the import's files, folder by folder in the order of `folders`. */
  files(importId: string, filter?: FileFilter): AsyncIterable<FileView>;
  /** Returns everything that is known of one file. */
  file(importId: string, fileId: string): Promise<FileDetails>;
  /** Returns an import's seal. */
  seal(importId: string): Promise<SealView>;
  /** Returns a part of a seal, by its name, as a response with an unread body. */
  sealPart(importId: string, part: string): Promise<Response>;
  /** Returns the proof of a file, as a response with an unread body. */
  proof(importId: string, fileId: string): Promise<Response>;
  /** Asks for an import's bag, as a response whose unread body is a tar. */
  exportBag(importId: string, request: z.input<typeof bagRequest>): Promise<Response>;
  /** Begins a verification of an import's seal. */
  verify(importId: string, request: VerificationRequestInput): Promise<VerificationView>;
  /** Yields the verifications of an import, the last one first. */
  verifications(importId: string): AsyncIterable<VerificationView>;
  verification(number: number): Promise<VerificationView>;
  /** Yields what a verification found. */
  findings(number: number): AsyncIterable<FindingView>;
  cancelVerification(number: number, request?: { why?: string }): Promise<VerificationView>;
  /** Has the register computed anew; `from` is a head that was kept. */
  checkRegister(from?: string): Promise<RegisterCheck>;
  /** Returns the keys that have signed entries of the register, the first one first. */
  sealKeys(): Promise<SealKeyView[]>;
  /** Says that a key isn't to be trusted any more. Returns all keys. */
  distrustSealKey(key: string, request: DistrustRequest): Promise<SealKeyView[]>;
  /** Yields the register's entries, from the first. */
  register(query?: RegisterFilter): AsyncIterable<RegisterEntry>;
  /** Returns an entry of the register, by its number. */
  registerEntry(number: number): Promise<RegisterText>;
  /** Has an authority asked for the time stamp of an entry. */
  retryStamp(
    of: { number: number; authority: string },
    request?: RetryEntryRequest,
  ): Promise<RegisterText>;
  /** Has what is to be kept elsewhere of an entry tried at once. */
  retryDeposits(number: number, request?: RetryEntryRequest): Promise<RegisterText>;
  /** Yields the files with a SHA-256, in all imports. */
  findFiles(sha256: string): AsyncIterable<FoundFile>;
  /** Returns what failed in an import, or is waiting, in groups. */
  errors(importId: string, query?: FailureFilter): Promise<FailureGroups>;
  /** Returns what failed, or is waiting, in all imports that can still be acted on, in groups. */
  failures(
    query?: Omit<FailureFilter, "folder"> & {
      vendor?: string | undefined;
      entrust?: string | undefined;
    },
  ): Promise<FailureGroups>;
  /** Yields the cases in the order of their entrust_ids; only those that begin so, if that is given. */
  cases(startsWith?: string): AsyncIterable<CaseSummary>;
  /** Returns what is proved of a case or a suit, and what is missing. */
  case(name: CaseName): Promise<CaseView>;
  /** Yields the folders that are counted of a case or a suit. */
  caseFolders(name: CaseName): AsyncIterable<CaseFolderView>;
  /**
   * Opens the import's server-sent events and returns the response with an unread body. What `lastId`
   * stands for, the id of an event or that of a view, isn't sent again.
   */
  events(importId: string, signal: AbortSignal, lastId?: string): Promise<Response>;
  /**
   * Opens the server-sent events of everything that the caller may see and returns the response with an
   * unread body. What came before the event `lastId` isn't sent again: see `followAll`.
   */
  allEvents(signal: AbortSignal, lastId?: string): Promise<Response>;
  /** Returns the id that an event with this view would have; undefined for one that `get` didn't return. */
  eventIdOf(view: ImportView): string | undefined;
}

/** Milliseconds: what a person asks first is quick to read, and they soon hear when nobody is there. */
const QUICK_READ = 5_000;

/** Milliseconds: the workers have a minute for what the API asks them. */
const ANSWER_TIMEOUT_MS = 75_000;

/** Creates a client of the HTTP API at `url`. It works in Node and in browsers. */
export function createApiClient(options: HttpOptions): ApiClient {
  const { url, read, poll, tagOf, write, pages, open, post } = createHttp(options);
  return {
    url,
    create: (request, { idempotencyKey = crypto.randomUUID(), ...options } = {}) =>
      repeated(
        () => write("POST", "/v1/imports", importView, request, { idempotencyKey }),
        options,
      ),
    dryRun: (request) =>
      write("POST", "/v1/dry-runs", dryRun, request, { limit: ANSWER_TIMEOUT_MS }),
    get: (id) => poll(importPath(id), importView, QUICK_READ),
    list: ({ entrust: entrust_id, suit: suit_id, statuses, labels: label, ...query }) => {
      const status = statuses?.join(",");
      return poll(
        `/v1/imports?${queryOf({ ...query, entrust_id, suit_id, status, label })}`,
        importPage,
        QUICK_READ,
      );
    },
    change: (id, request) => write("PATCH", importPath(id), importView, request),
    retry: (id, request = {}) => write("POST", importPath(id, "retry"), actedImport, request),
    cancel: (id, request = {}) => write("POST", importPath(id, "cancel"), importView, request),
    waive: (id, request) => write("POST", importPath(id, "waive"), actedImport, request),
    retryFailures: (request) => write("POST", "/v1/failures/retry", actedFailures, request),
    waiveFailures: (request) => write("POST", "/v1/failures/waive", actedFailures, request),
    acceptDestination: (id, folder, request) =>
      write("POST", importPath(id, "folders", folder, "accept-destination"), actedImport, request),
    pause: (id, request = {}) => write("POST", importPath(id, "pause"), importView, request),
    resume: (id, request = {}) => write("POST", importPath(id, "resume"), importView, request),
    vendors: () => poll("/v1/vendors", vendorList),
    checkVendor: (vendor, request) =>
      write("POST", vendorPath(vendor, "check"), vendorCheck, request, {
        limit: ANSWER_TIMEOUT_MS,
      }),
    sourceFolders: (query) => read(`/v1/sources?${queryOf(query)}`, sourceFolders),
    pauseVendor: (vendor, request = {}) =>
      write("POST", vendorPath(vendor, "pause"), vendorState, request),
    resumeVendor: (vendor, request = {}) =>
      write("POST", vendorPath(vendor, "resume"), vendorState, request),
    bandwidth: () => poll("/v1/bandwidth", bandwidthView),
    limitBandwidth: (request) => write("PUT", "/v1/bandwidth", bandwidthView, request),
    rates: (query = {}, id) => {
      const path = id === undefined ? "/v1/rates" : importPath(id, "rates");
      return read(`${path}?${queryOf(query)}`, rateHistory);
    },
    workers: () => read("/v1/workers", workerList),
    queues: () => read("/v1/queues", queueList),
    leases: (vendor) => read(vendorPath(vendor, "leases"), leaseList),
    me: () => read("/v1/me", me, QUICK_READ),
    keys: () => pages("/v1/keys", keyPage),
    createKey: (request) => write("POST", "/v1/keys", newKey, request),
    rotateKey: (id, request = {}) => write("POST", keyPath(id, "rotate"), newKey, request),
    revokeKey: (id, request = {}) => write("DELETE", keyPath(id), keyView, request),
    webhooks: () => pages("/v1/webhooks", webhookPage),
    createWebhook: (request) => write("POST", "/v1/webhooks", newWebhook, request),
    changeWebhook: (id, request) => write("PATCH", webhookPath(id), webhookView, request),
    rotateWebhook: (id, request = {}) =>
      write("POST", webhookPath(id, "rotate"), newWebhook, request),
    removeWebhook: (id, request = {}) => write("DELETE", webhookPath(id), webhookView, request),
    testWebhook: (id, request = {}) =>
      write("POST", webhookPath(id, "test"), deliveryView, request),
    deliveries: (of) =>
      pages(
        "id" in of ? importPath(of.id, "deliveries") : webhookPath(of.webhook, "deliveries"),
        deliveryPage,
      ),
    delivery: (id) => read(deliveryPath(id), deliveryView),
    redeliver: (id, request = {}) =>
      write("POST", deliveryPath(id, "redeliver"), deliveryView, request),
    audit: (of) => pages(auditPathOf(of), auditPage),
    wholeAudit: ({ what, ...filter } = {}) =>
      pages("/v1/audit", auditPage, { ...filter, what: what?.join(",") }),
    reads: ({ what, import: import_id, ...filter } = {}) =>
      pages("/v1/audit/reads", evidenceReadPage, { ...filter, import_id, what: what?.join(",") }),
    folders: (id) => pages(importPath(id, "folders"), folderPage),
    suits: (id) => pages(importPath(id, "suits"), suitPage),
    files: (id, { states, folder: folder_id, ...filter } = {}) =>
      pages(importPath(id, "files"), filePage, { ...filter, state: states?.join(","), folder_id }),
    file: (id, fileId) => read(importPath(id, "files", fileId), fileDetails),
    seal: (id) => read(importPath(id, "seal"), sealView),
    sealPart: (id, part) => open(importPath(id, "seal", ...part.split("/")), {}),
    proof: (id, fileId) => open(importPath(id, "files", fileId, "proof"), {}),
    exportBag: (id, request) => post(importPath(id, "exports"), request),
    register: ({ unstamped = false, undeposited = false } = {}) =>
      pages("/v1/register", registerPage, {
        ...(unstamped && { unstamped: "true" }),
        ...(undeposited && { undeposited: "true" }),
      }),
    sealKeys: async () => (await read("/v1/register/keys", sealKeyList)).items,
    distrustSealKey: async (key, request) =>
      (await write("POST", `/v1/register/keys/${key}/distrust`, sealKeyList, request)).items,
    registerEntry: (number) => read(`/v1/register/${number}`, registerText),
    retryStamp: ({ number, authority }, request = {}) =>
      write(
        "POST",
        `/v1/register/${number}/stamps/${encodeURIComponent(authority)}/retry`,
        registerText,
        request,
      ),
    retryDeposits: (number, request = {}) =>
      write("POST", `/v1/register/${number}/deposits/retry`, registerText, request),
    verify: (id, request) =>
      write("POST", importPath(id, "verifications"), verificationView, request),
    verifications: (id) => pages(importPath(id, "verifications"), verificationPage),
    verification: (number) => poll(`/v1/verifications/${number}`, verificationView),
    findings: (number) => pages(`/v1/verifications/${number}/findings`, findingPage),
    cancelVerification: (number, request = {}) =>
      write("POST", `/v1/verifications/${number}/cancel`, verificationView, request),
    checkRegister: (from) => read(`/v1/register/check?${queryOf({ from })}`, registerCheck),
    findFiles: (sha256) => pages("/v1/files", foundFilePage, { sha256 }),
    errors: (id, { folder: folder_id, by, ...query } = {}) =>
      read(
        `${importPath(id, "errors")}?${queryOf({ ...query, folder_id, by: by?.join(",") })}`,
        failureGroups,
      ),
    failures: ({ entrust: entrust_id, by, ...query } = {}) =>
      read(`/v1/failures?${queryOf({ ...query, entrust_id, by: by?.join(",") })}`, failureGroups),
    cases: (starts_with) => pages("/v1/cases", casePage, { starts_with }),
    case: (name) => read(casePath(name), caseView),
    caseFolders: (name) => pages(`${casePath(name)}/folders`, caseFolderPage),
    events: (id, signal, lastId) => open(importPath(id, "events"), eventsAfter(lastId), signal),
    allEvents: (signal, lastId) => open("/v1/events", eventsAfter(lastId), signal),
    // Behind the dot, the tag says what whoever read it may do.
    eventIdOf: (view) => tagOf(view)?.split(".")[0],
  };
}

function eventsAfter(lastId: string | undefined): Record<string, string> {
  const accept = "text/event-stream";
  return lastId === undefined ? { accept } : { accept, "last-event-id": lastId };
}

function importPath(id: string, ...rest: string[]): string {
  return ["/v1/imports", ...[id, ...rest].map(encodeURIComponent)].join("/");
}

function casePath(name: CaseName): string {
  if ("entrust" in name) return `/v1/cases/${encodeURIComponent(name.entrust)}`;
  return `/v1/suits/${encodeURIComponent(name.suit)}`;
}

function auditPathOf(of: Parameters<ApiClient["audit"]>[0]): string {
  if ("id" in of) return importPath(of.id, "audit");
  return "vendor" in of ? vendorPath(of.vendor, "audit") : keyPath(of.key, "audit");
}

function keyPath(id: string, ...rest: string[]): string {
  return ["/v1/keys", ...[id, ...rest].map(encodeURIComponent)].join("/");
}

function webhookPath(id: string, ...rest: string[]): string {
  return ["/v1/webhooks", ...[id, ...rest].map(encodeURIComponent)].join("/");
}

function deliveryPath(id: string, ...rest: string[]): string {
  return ["/v1/deliveries", ...[id, ...rest].map(encodeURIComponent)].join("/");
}

function vendorPath(vendor: string, what: string): string {
  return `/v1/vendors/${encodeURIComponent(vendor)}/${what}`;
}
