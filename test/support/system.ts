import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { setTimeout } from "node:timers/promises";
import { parseApiKey } from "@exhibit/access";
import { buildApi, MAX_CONNECTIONS } from "@exhibit/api";
import { createApiClient, followImport } from "@exhibit/client";
import { type Environment, parseConfig, secretsOf } from "@exhibit/config";
import {
  type FileView,
  type FolderRequest,
  type FolderView,
  type ImportRequest,
  type ImportView,
  localPrincipal,
  type Role,
  type Scope,
} from "@exhibit/contracts";
import { copyPglite, createDatabase } from "@exhibit/ledger/testing";
import { openServices, type Services } from "@exhibit/runtime";
import { type Sandbox, startSandbox } from "@exhibit/sandbox";
import { createLogger } from "@exhibit/telemetry";
import { dataFolder, takeRedisDatabase } from "@exhibit/testkit";
import { startWorker } from "@exhibit/worker";
import { inject } from "vitest";

export type EngineKind = "embedded" | "Redis and Postgres";

/** For tests of what may differ between the engines. */
export const bothEngines: readonly EngineKind[] = ["embedded", "Redis and Postgres"];
/**
 * For all other tests: one engine is enough, and the fleet's takes half the time. CI runs these
 * tests on the embedded one as well, by
 * `EXHIBIT_TEST_ENGINE=embedded npm test -- --project end-to-end -t embedded`.
 */
export const anyEngine: readonly EngineKind[] =
  process.env.EXHIBIT_TEST_ENGINE === "embedded" ? ["embedded"] : ["Redis and Postgres"];

/** The whole product in this process: sandbox, API and one worker, over a real engine. */
export interface System extends AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly apiUrl: string;
  readonly environment: Environment;
  /** The ledger, for tests of what whoever owns the database could do. */
  readonly ledger: Services["forWorker"]["ledger"];
  /** The folder that may be read; a test puts its evidence below it. */
  readonly root: string;
  /** BullMQ's own queues, as anybody with the queue's address sees them. */
  readonly queues: Services["queues"];
  /** The worker, which a test may stop and start again. */
  readonly worker: { stop(): Promise<void>; start(): Promise<void> };
  /** The key that its client sends: an administrator's, who may name others. */
  readonly key: string;
  /** Makes a key and returns its text. */
  makeKey(name: string, rights: { role: Role; scope?: Scope }): Promise<string>;
  /** Makes a code that logs in once with the client's key. */
  makeLoginCode(): Promise<string>;
  /** Revokes the key with this text. */
  revokeKey(text: string): Promise<void>;
  /** Sends a request with the key, as `fetch` does. */
  ask(path: string, init?: RequestInit): Promise<Response>;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body?: unknown): Promise<{ status: number; body: T }>;
  /** Creates an import and resolves when it rests. */
  run(request: ImportRequest): Promise<ImportView>;
  /** Resolves when the import rests, by its event stream. */
  rest(importId: string): Promise<ImportView>;
  /** Resolves with the first view of the import's event stream that is waited for. Throws if the import rests before. */
  seen(importId: string, isWaitedFor: (view: ImportView) => boolean): Promise<ImportView>;
  /** Resolves when the import is sealed: also for one that rests until a job that was retried in Bull Board begins. */
  sealed(importId: string): Promise<ImportView>;
  files(importId: string): Promise<FileView[]>;
  folders(importId: string): Promise<FolderView[]>;
}

export interface SystemOptions {
  worker?: Parameters<typeof startWorker>[1];
  /** Further members of the environment, such as the lease keys. */
  environment?: Partial<Environment>;
  /** Whether the sandbox is taken for the vendors and OSS themselves: its ledger isn't a trial's then. */
  isLive?: boolean;
  /** The identity provider, as `exhibit.yaml` has it; `environment.publicUrl` is where people log in. */
  access?: unknown;
  /** Whether the sandbox stamps what is sealed. */
  stamps?: boolean;
  /** Further members of `custody`, as `exhibit.yaml` has them. */
  custody?: Record<string, unknown>;
  /** Is called with each line of the log. */
  log?: (line: string) => void;
}

export async function startSystem(kind: EngineKind, options: SystemOptions = {}): Promise<System> {
  await using stack = new AsyncDisposableStack();
  const folder = await dataFolder("system");
  stack.defer(folder.remove);
  const root = join(folder.path, "evidence");
  await mkdir(root);
  const sandbox = await startSandbox({ dataDir: join(folder.path, "sandbox") });
  stack.defer(() => sandbox.close());
  const { access, stamps = false } = options;
  const given = sandbox.config([root], { stamps });
  const custody = { ...given.custody, ...options.custody };
  const of = { ...given, custody, trial: options.isLive !== true, access };
  const config = parseConfig(of, "the sandbox");
  const environment = {
    ...(await environmentFor(kind, join(folder.path, "data"), stack)),
    ...options.environment,
  };
  const { log } = options;
  const logger = createLogger({
    service: "test",
    secrets: secretsOf(config),
    ...(log ? { level: "trace", destination: { write: log } } : { level: "silent" }),
  });
  const services = await openServices({ environment, config, logger });
  stack.defer(() => services.close());
  let running = await startWorker(services.forWorker, options.worker);
  stack.defer(() => running.close());
  const key = await services.ownKeys.keep("test", undefined);
  const { publicUrl } = environment;
  const app = await buildApi({
    ...services,
    people: services.peopleAt(publicUrl),
    ...(publicUrl && { access: { listensOn: "127.0.0.1", publicUrl } }),
    logger,
    progress: { interval: 50 },
  });
  stack.defer(() => app.close());
  const apiUrl = await app.listen({ host: "127.0.0.1", port: 0, backlog: MAX_CONNECTIONS });
  const owned = stack.move();
  return {
    sandbox,
    root,
    environment,
    ledger: services.forWorker.ledger,
    queues: services.queues,
    worker: {
      stop: () => running.close(),
      async start() {
        running = await startWorker(services.forWorker, options.worker);
      },
    },
    key,
    async makeKey(name, { role, scope = {} }) {
      const request = { name, role, scope, may_name_others: false, expires_in_days: 1 };
      return (await services.keys.create(request, { principal: localPrincipal })).key;
    },
    makeLoginCode: async () => (await services.sessions.makeCode(key)) ?? "",
    async revokeKey(text) {
      const { id = "" } = parseApiKey(text) ?? {};
      await services.keys.revoke(id, {}, { principal: localPrincipal });
    },
    ...createClient(apiUrl, () => key),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function environmentFor(
  kind: EngineKind,
  dataDir: string,
  stack: AsyncDisposableStack,
): Promise<Environment> {
  const own = {
    dataDir,
    apiHost: "127.0.0.1",
    apiPort: 0,
    apiUrl: "",
    graceMs: 10_000,
    apiRates: {},
  };
  if (kind === "embedded") {
    await mkdir(dataDir);
    await copyPglite(join(dataDir, "ledger"));
    return own;
  }
  const database = await createDatabase("ledger");
  stack.defer(database.drop);
  return {
    ...own,
    databaseUrl: database.url,
    redisUrl: await takeRedisDatabase(inject("redisUrl")),
  };
}

/**
 * The API as a test speaks to it. `key` returns the key to send: an API that makes one for itself has
 * none before it has started.
 */
export function createClient(apiUrl: string, key: () => string) {
  async function ask(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${key()}`);
    return await fetch(`${apiUrl}${path}`, { ...init, headers });
  }
  async function get<T>(path: string): Promise<T> {
    const answer = await ask(path);
    return (await answer.json()) as T;
  }
  async function post<T>(path: string, body?: unknown): Promise<{ status: number; body: T }> {
    const init =
      body === undefined
        ? {}
        : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const answer = await ask(path, { method: "POST", ...init });
    return { status: answer.status, body: (await answer.json()) as T };
  }
  async function rest(importId: string): Promise<ImportView> {
    const events = await ask(`/v1/imports/${importId}/events`);
    const text = await events.text();
    const end = /event: end\ndata: (.*)\n/.exec(text)?.[1];
    if (end === undefined) throw new Error(`the event stream ended early:\n${text}`);
    return JSON.parse(end) as ImportView;
  }
  async function seen(
    importId: string,
    isWaitedFor: (view: ImportView) => boolean,
  ): Promise<ImportView> {
    const stop = new AbortController();
    let found: ImportView | undefined;
    const onView = (view: ImportView) => {
      if (found !== undefined || !isWaitedFor(view)) return;
      found = view;
      stop.abort();
    };
    const api = createApiClient({ url: apiUrl, keys: [key()] });
    await followImport(api, importId, { signal: stop.signal, onView }).catch((thrown: unknown) => {
      if (found === undefined) throw thrown;
    });
    if (found !== undefined) return found;
    throw new Error(`import ${importId} came to rest before what was waited for`);
  }
  async function sealed(importId: string): Promise<ImportView> {
    for (;;) {
      const view = await get<ImportView>(`/v1/imports/${importId}`);
      if (view.status === "sealed") return view;
      await setTimeout(50);
    }
  }
  async function all<T>(path: string): Promise<T[]> {
    const items: T[] = [];
    let after = "";
    do {
      const page = await get<{ items: T[]; next: string | null }>(
        `${path}?limit=1000${after && `&after=${after}`}`,
      );
      items.push(...page.items);
      after = page.next ?? "";
    } while (after);
    return items;
  }
  return {
    apiUrl,
    ask,
    get,
    post,
    rest,
    seen,
    sealed,
    async run(request: ImportRequest) {
      const { status, body } = await post<ImportView>("/v1/imports", request);
      if (status !== 202) throw new Error(JSON.stringify(body));
      return await rest(body.import_id);
    },
    files: (importId: string) => all<FileView>(`/v1/imports/${importId}/files`),
    folders: (importId: string) => all<FolderView>(`/v1/imports/${importId}/folders`),
  };
}

/** Writes files below a folder; a name may have folders in it. */
export async function writeTree(
  folder: string,
  files: Record<string, string | Uint8Array>,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

export function directory(
  vendor: string,
  folder: Record<string, string>,
  path: string,
): FolderRequest {
  return { vendor, folder, source: { type: "directory", path } };
}

/** Returns an import of kongur's suits, each from the folder of its name below `root`. */
export function importOfSuits(root: string, ...ids: string[]): ImportRequest {
  return {
    entrust_id: "E-77",
    suit_ids: ids,
    folders: ids.map((suit_id) => directory("kongur", { suit_id }, join(root, suit_id))),
  };
}

/** Returns the SHA-256 of every file below a folder, by its path there. */
export async function digestsBelow(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const digests = new Map<string, string>();
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    digests.set(relative(folder, path).split(sep).join("/"), await sha256Of(path));
  }
  return digests;
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
