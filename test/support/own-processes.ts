import type { ChildProcess } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createDatabase } from "@exhibit/ledger/testing";
import { type Sandbox, startSandbox } from "@exhibit/sandbox";
import {
  dataFolder,
  freePort,
  startServer,
  stopProcess,
  takeRedisDatabase,
} from "@exhibit/testkit";
import { inject } from "vitest";
import { cli } from "./exhibit.ts";
import { ownKeyIn } from "./own-key.ts";

/** What processes of the product stand on: a folder, a configuration, and a sandbox in this process. */
export interface OwnProcesses extends AsyncDisposable {
  /** Everything else lies in it; it is removed in the end. */
  readonly folder: string;
  readonly sandbox: Sandbox;
  /** The path of a configuration that names the sandbox. */
  readonly config: string;
  /** The environment of each process. A test may change it. */
  readonly env: NodeJS.ProcessEnv;
  /** The address of the API, once a process serves it. */
  readonly apiUrl: string;
  /** Returns the key that the API made for itself, once a process serves it. */
  key(): string;
  /** Gives the processes a Postgres database and a Redis of their own; without them they are embedded. */
  useServers(): Promise<void>;
  /** Starts `exhibit COMMAND` and resolves when its output matches. It is killed in the end. */
  start(command: string, ready: RegExp, env?: NodeJS.ProcessEnv): Promise<ChildProcess>;
  /** Has a process that a test started by itself killed in the end. */
  own(child: ChildProcess): void;
}

export interface OwnProcessesOptions {
  /** The folder that may be read, below `folder`. @defaultValue `folder` itself */
  root?: string;
  /** Whether the sandbox is taken for the vendors and OSS themselves. @defaultValue false */
  isLive?: boolean;
}

export async function prepareProcesses(
  name: string,
  { root = "", isLive = false }: OwnProcessesOptions = {},
): Promise<OwnProcesses> {
  await using stack = new AsyncDisposableStack();
  const data = await dataFolder(name);
  stack.defer(data.remove);
  const folder = data.path;
  const sandbox = await startSandbox({ dataDir: join(folder, "sandbox") });
  stack.defer(() => sandbox.close());
  const config = join(folder, isLive ? "live.yaml" : "exhibit.yaml");
  const content = { ...sandbox.config([join(folder, root)]), trial: !isLive };
  await writeFile(config, JSON.stringify(content));
  const port = await freePort();
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    NO_COLOR: "1",
    EXHIBIT_CONFIG: config,
    EXHIBIT_DATA_DIR: join(folder, "data"),
    EXHIBIT_API_PORT: String(port),
  };
  const owned = stack.move();
  const own = (child: ChildProcess) => owned.defer(() => stopProcess(child, "SIGKILL"));
  return {
    folder,
    sandbox,
    config,
    env,
    apiUrl: `http://127.0.0.1:${port}`,
    key: () => ownKeyIn(join(folder, "data")),
    async useServers() {
      const database = await createDatabase();
      owned.defer(database.drop);
      env.EXHIBIT_DATABASE_URL = database.url;
      env.EXHIBIT_REDIS_URL = await takeRedisDatabase(inject("redisUrl"));
    },
    async start(command, ready, more = {}) {
      const options = { ready, env: { ...env, ...more }, cwd: folder };
      const child = await startServer(process.execPath, [cli, command], options);
      own(child);
      return child;
    },
    own,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
