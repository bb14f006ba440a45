import {
  type AcceptDestinationRequest,
  type AuditEvent,
  auditPage,
  type BandwidthRequest,
  type BandwidthView,
  bandwidthView,
  type CancelRequest,
  type ErrorCode,
  ExhibitError,
  errorAnswer,
  errorCodes,
  type FileState,
  type FileView,
  type FolderView,
  filePage,
  folderPage,
  type ImportRequest,
  type ImportStatus,
  type ImportView,
  importPage,
  importView,
  type PauseRequest,
  type RetryRequest,
  type VendorList,
  type VendorState,
  vendorList,
  vendorState,
  type WaiveRequest,
} from "@exhibit/contracts";
import type { z } from "zod";

/** Of a list of files. */
export interface FileFilter {
  states?: readonly FileState[] | undefined;
  code?: ErrorCode | undefined;
  folder?: string | undefined;
}

/** Of the list of imports. */
export interface ImportFilter {
  /** How the id begins or ends. */
  id?: string | undefined;
  entrust?: string | undefined;
  suit?: string | undefined;
  status?: ImportStatus | undefined;
}

export interface ApiClient {
  /** The address it speaks to, without a slash at the end. */
  readonly url: string;
  create(request: ImportRequest): Promise<ImportView>;
  get(importId: string): Promise<ImportView>;
  /** A page of imports, the newest first. */
  list(
    query: ImportFilter & { limit: number; after?: string | undefined },
  ): Promise<z.output<typeof importPage>>;
  /** Takes up what failed, or what the request names of it. */
  retry(importId: string, request?: RetryRequest): Promise<ImportView>;
  cancel(importId: string, request: CancelRequest): Promise<ImportView>;
  waive(importId: string, request: WaiveRequest): Promise<ImportView>;
  /** Has a folder's files go to the place that is offered, which the request repeats. */
  acceptDestination(
    importId: string,
    folderId: string,
    request: AcceptDestinationRequest,
  ): Promise<ImportView>;
  pause(importId: string, request: PauseRequest): Promise<ImportView>;
  resume(importId: string, request: PauseRequest): Promise<ImportView>;
  /** The configured vendors and how they stand. */
  vendors(): Promise<VendorList>;
  pauseVendor(vendor: string, request: PauseRequest): Promise<VendorState>;
  resumeVendor(vendor: string, request: PauseRequest): Promise<VendorState>;
  bandwidth(): Promise<BandwidthView>;
  /** Sets the limit of all workers together. */
  limitBandwidth(request: BandwidthRequest): Promise<BandwidthView>;
  /** All audit events of an import or a vendor, the oldest first, page by page. */
  audit(of: { id: string } | { vendor: string }): AsyncIterable<AuditEvent>;
  /** All folders of an import, page by page. */
  folders(importId: string): AsyncIterable<FolderView>;
  /** All its files, folder by folder in the same order, page by page. */
  files(importId: string, filter: FileFilter): AsyncIterable<FileView>;
  /** The open answer of the import's server-sent events. */
  events(importId: string, signal: AbortSignal): Promise<Response>;
}

/**
 * Speaks to the HTTP API at `url`; what it changes is recorded in the audit log as done by `actor`.
 *
 * Every method throws an `ExhibitError`: SERVICE_UNREACHABLE when nobody answers in time, the server's own code,
 * message and details when it answers with an error, INTERNAL when the answer isn't of the API.
 */
export function createApiClient(options: {
  url: string;
  timeout?: number;
  actor?: string | undefined;
}): ApiClient {
  const url = options.url.replace(/\/+$/, "");
  // Milliseconds in which an answer has to come; an import with many folders takes a while to be written down.
  const timeout = options.timeout ?? 30_000;
  // What is asked first is soon read: a person needn't wait long to hear that nobody is there.
  const patience = Math.min(timeout, 5_000);

  // A header can't carry every name as it is.
  const actor: Record<string, string> =
    options.actor === undefined ? {} : { "x-exhibit-actor": encodeURIComponent(options.actor) };

  async function send(method: string, path: string, init: RequestInit = {}): Promise<Response> {
    const answer = await fetch(`${url}${path}`, {
      method,
      ...init,
      headers: { ...actor, ...init.headers },
    }).catch((cause: unknown) => {
      init.signal?.throwIfAborted();
      throw unreachable(url, cause);
    });
    if (!answer.ok) throw await errorOf(answer, `${method} ${path}`);
    return answer;
  }

  async function ask<T extends z.ZodType>(
    method: string,
    path: string,
    shape: T,
    body?: unknown,
    limit = timeout,
  ): Promise<z.output<T>> {
    const call = `${method} ${path}`;
    const answer = await withTimeout(limit, url, (signal) =>
      send(method, path, { signal, ...(body === undefined ? {} : jsonBody(body)) }).then(
        async (response) => ({
          text: await response.text().catch((cause: unknown) => {
            throw unreachable(url, cause);
          }),
        }),
      ),
    );
    return parsed(answer.text, shape, call);
  }

  /** The items of all pages of a list. */
  async function* pages<Item>(
    path: string,
    page: z.ZodType<{ items: Item[]; next: string | null }>,
    filter: Query = {},
  ): AsyncGenerator<Item> {
    let after: string | undefined;
    do {
      const query = queryOf({ ...filter, limit: 1000, after });
      const { items, next }: { items: Item[]; next: string | null } = await ask(
        "GET",
        `${path}?${query}`,
        page,
      );
      yield* items;
      after = next ?? undefined;
    } while (after !== undefined);
  }

  return {
    url,
    create: (request) => ask("POST", "/v1/imports", importView, request),
    get: (id) =>
      ask("GET", `/v1/imports/${encodeURIComponent(id)}`, importView, undefined, patience),
    list: ({ entrust: entrust_id, suit: suit_id, ...query }) =>
      ask(
        "GET",
        `/v1/imports?${queryOf({ ...query, entrust_id, suit_id })}`,
        importPage,
        undefined,
        patience,
      ),
    retry: (id, request = {}) =>
      ask("POST", `/v1/imports/${encodeURIComponent(id)}/retry`, importView, request),
    cancel: (id, request) =>
      ask("POST", `/v1/imports/${encodeURIComponent(id)}/cancel`, importView, request),
    acceptDestination(id, folderId, request) {
      const folder = `/v1/imports/${encodeURIComponent(id)}/folders/${encodeURIComponent(folderId)}`;
      return ask("POST", `${folder}/accept-destination`, importView, request);
    },
    waive: (id, request) =>
      ask("POST", `/v1/imports/${encodeURIComponent(id)}/waive`, importView, request),
    pause: (id, request) =>
      ask("POST", `/v1/imports/${encodeURIComponent(id)}/pause`, importView, request),
    resume: (id, request) =>
      ask("POST", `/v1/imports/${encodeURIComponent(id)}/resume`, importView, request),
    vendors: () => ask("GET", "/v1/vendors", vendorList),
    bandwidth: () => ask("GET", "/v1/bandwidth", bandwidthView),
    limitBandwidth: (request) => ask("PUT", "/v1/bandwidth", bandwidthView, request),
    pauseVendor: (vendor, request) =>
      ask("POST", `/v1/vendors/${encodeURIComponent(vendor)}/pause`, vendorState, request),
    resumeVendor: (vendor, request) =>
      ask("POST", `/v1/vendors/${encodeURIComponent(vendor)}/resume`, vendorState, request),
    audit: (of) =>
      pages(
        "id" in of
          ? `/v1/imports/${encodeURIComponent(of.id)}/audit`
          : `/v1/vendors/${encodeURIComponent(of.vendor)}/audit`,
        auditPage,
      ),
    folders: (id) => pages(`/v1/imports/${encodeURIComponent(id)}/folders`, folderPage),
    files: (id, { states, folder: folder_id, code }) =>
      pages(`/v1/imports/${encodeURIComponent(id)}/files`, filePage, {
        state: states?.join(","),
        folder_id,
        code,
      }),
    events: (id, signal) =>
      send("GET", `/v1/imports/${encodeURIComponent(id)}/events`, {
        signal,
        headers: { accept: "text/event-stream" },
      }),
  };
}

type Query = Readonly<Record<string, string | number | undefined>>;

function queryOf(query: Query): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(key, String(value));
  }
  return parameters;
}

function jsonBody(body: unknown): { body: string; headers: Record<string, string> } {
  return { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
}

async function withTimeout<T>(
  milliseconds: number,
  url: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const signal = AbortSignal.timeout(milliseconds);
  try {
    return await work(signal);
  } catch (error) {
    throw signal.aborted ? unreachable(url, error) : error;
  }
}

function unreachable(url: string, cause: unknown): ExhibitError {
  return new ExhibitError(
    "SERVICE_UNREACHABLE",
    `No Exhibit API answers at ${url}${reasonOf(cause)}.`,
    { cause, details: { url } },
  );
}

/** fetch says only "fetch failed"; the reason is in its cause. */
function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  if (!(cause instanceof Error)) return "";
  if (cause.name === "TimeoutError") return " (it took too long)";
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
  return code === "" ? "" : ` (${code})`;
}

function parsed<T extends z.ZodType>(text: string, shape: T, call: string): z.output<T> {
  const result = shape.safeParse(jsonOf(text));
  if (result.success) return result.data;
  throw new ExhibitError(
    "INTERNAL",
    `The answer to ${call} isn't one of the Exhibit API; is EXHIBIT_API_URL the address of something else?`,
    { cause: result.error },
  );
}

async function errorOf(answer: Response, call: string): Promise<ExhibitError> {
  const text = await answer.text().catch(() => "");
  const result = errorAnswer.safeParse(jsonOf(text));
  if (!result.success) {
    return new ExhibitError("INTERNAL", `${call} was answered with HTTP status ${answer.status}.`);
  }
  const { code, message, details, trace_id } = result.data.error;
  return new ExhibitError(isErrorCode(code) ? code : "INTERNAL", message, {
    details: { ...plainDetails(details), ...(trace_id === undefined ? {} : { trace_id }) },
  });
}

function isErrorCode(code: string): code is ErrorCode {
  return (errorCodes as string[]).includes(code);
}

function plainDetails(details: Record<string, unknown>): Record<string, string | number | boolean> {
  const entries = Object.entries(details).map(([key, value]) =>
    typeof value === "string" || typeof value === "number" || typeof value === "boolean"
      ? ([key, value] as const)
      : ([key, JSON.stringify(value)] as const),
  );
  return Object.fromEntries(entries);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the schema that reads it will say so.
    return undefined;
  }
}
