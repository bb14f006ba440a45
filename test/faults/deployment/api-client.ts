import { setTimeout as sleep } from "node:timers/promises";
import type {
  Destination,
  FileView,
  FolderView,
  ImportRequest,
  ImportView,
} from "@exhibit/contracts";

/** A client of the API that expects it to be away at times. */
export interface ApiClient {
  /** Creates an import. The request isn't repeated if the response is lost: the import might exist. */
  create(request: ImportRequest): Promise<ImportView>;
  act(importId: string, act: "retry" | "cancel" | "waive", body: unknown): Promise<ImportView>;
  actOnVendor(vendor: string, act: "pause" | "resume"): Promise<unknown>;
  /** Accepts the place where a folder's vendor leads now. */
  accept(importId: string, folderId: string, place: Destination): Promise<ImportView>;
  /** Returns the imports of a case. */
  ofCase(entrustId: string): Promise<ImportView[]>;
  view(importId: string): Promise<ImportView>;
  files(importId: string): Promise<FileView[]>;
  folders(importId: string): Promise<FolderView[]>;
}

/** The API refused a request. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(`The API answered ${status}: ${text}`);
    this.status = status;
  }
}

const PATIENCE_MS = 60_000;

export function createApiClient(apiUrl: string): ApiClient {
  async function call<T>(path: string, init?: RequestInit): Promise<T> {
    const answer = await fetch(`${apiUrl}${path}`, {
      ...init,
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Refused(answer.status, text);
    return JSON.parse(text) as T;
  }

  /** Repeats a read while the API is away. */
  async function read<T>(path: string): Promise<T> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        return await call<T>(path);
      } catch (error) {
        if (Date.now() > deadline || (error instanceof Refused && error.status < 500)) throw error;
        await sleep(200);
      }
    }
  }

  const post = <T>(path: string, body: unknown) =>
    call<T>(path, {
      method: "POST",
      headers: { "content-type": "application/json", "x-exhibit-actor": "fault%20suite" },
      body: JSON.stringify(body),
    });

  async function all<T>(path: string): Promise<T[]> {
    const items: T[] = [];
    let after = "";
    do {
      const page = await read<{ items: T[]; next: string | null }>(
        `${path}?limit=1000${after && `&after=${encodeURIComponent(after)}`}`,
      );
      items.push(...page.items);
      after = page.next ?? "";
    } while (after !== "");
    return items;
  }

  return {
    create: (request) => post("/v1/imports", request),
    act: (id, act, body) => post(`/v1/imports/${id}/${act}`, body),
    actOnVendor: (vendor, act) => post(`/v1/vendors/${vendor}/${act}`, {}),
    accept: (id, folder, { endpoint, bucket, prefix }) =>
      post(`/v1/imports/${id}/folders/${folder}/accept-destination`, {
        ...{ endpoint, bucket, prefix },
        why: "The fault suite has seen it.",
      }),
    ofCase: async (id) =>
      (await read<{ items: ImportView[] }>(`/v1/imports?entrust_id=${encodeURIComponent(id)}`))
        .items,
    view: (id) => read(`/v1/imports/${id}`),
    files: (id) => all(`/v1/imports/${id}/files`),
    folders: (id) => all(`/v1/imports/${id}/folders`),
  };
}
