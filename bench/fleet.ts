import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  dataFolder,
  freePort,
  startPostgres,
  startRedis,
  startServer,
  stopProcess,
} from "@exhibit/testkit";
import { parse, stringify } from "yaml";

const cli = join(import.meta.dirname, "../apps/cli/bin/exhibit.mjs");

/** Node's own flags for Exhibit's command, as the command's first line has them. */
export const nodeFlags = ["--min-semi-space-size=8", "--max-semi-space-size=8"];

/** Node's arguments for Exhibit's command. */
export const commandLine = [...nodeFlags, cli];

/** The command's environment, as its first line has it. */
export const commandEnvironment = { ...process.env, MALLOC_ARENA_MAX: "2" };

/** The product as in production: Redis, Postgres, API and workers are processes; the sandbox stands for the vendors. */
export interface Fleet extends AsyncDisposable {
  apiUrl: string;
  /** Returns the key that the API made for itself. */
  key(): string;
  /** The sandbox's control surface. */
  controlUrl: string;
  redisUrl: string;
  databaseUrl: string;
  /** The process ids of API, workers, Redis and Postgres, in this order. */
  pids: number[];
  workers: ChildProcess[];
  /** Starts another process, which isn't among `workers`; resolves when its output says that it is ready. */
  start(part: Part): Promise<ChildProcess>;
}

interface Part {
  command: string;
  args?: readonly string[];
  ready: RegExp;
}

/** The processes of a fleet. */
export const parts = {
  api: { command: "api", ready: /API listens/ },
  worker: { command: "worker", ready: /worker takes jobs/ },
} as const satisfies Record<string, Part>;

export interface FleetOptions {
  workers: number;
  /** The folder that may be read. */
  root: string;
  /** The endpoint that kongur's objects go to instead of the sandbox. */
  ossUrl?: string;
  leaseSeconds?: number;
}

export async function startFleet(options: FleetOptions): Promise<Fleet> {
  await using stack = new AsyncDisposableStack();
  const [redis, postgres] = [await startRedis(), await startPostgres()];
  stack.defer(() => redis.stop());
  stack.defer(() => postgres.stop());
  const { configPath, dataDir, controlUrl, ...vendors } = await startVendors(options);
  stack.use(vendors);
  const apiPort = await freePort();
  const env = {
    ...commandEnvironment,
    EXHIBIT_CONFIG: configPath,
    EXHIBIT_DATA_DIR: dataDir,
    EXHIBIT_REDIS_URL: redis.url,
    EXHIBIT_DATABASE_URL: postgres.url,
    EXHIBIT_LEASE_KEY: Buffer.alloc(32, 1).toString("base64"),
    EXHIBIT_API_PORT: String(apiPort),
    // What is measured is what the service can do, not what it allows.
    EXHIBIT_API_READS_PER_MINUTE: "off",
    EXHIBIT_API_WRITES_PER_MINUTE: "off",
  };
  const start = async (
    owner: AsyncDisposableStack,
    { command: part, ready, args = [] }: Part,
    more: NodeJS.ProcessEnv = {},
  ) => {
    const child = await startServer(process.execPath, [...commandLine, part, ...args], {
      ready,
      env: { ...env, ...more },
    });
    owner.defer(() => stopProcess(child));
    return child;
  };
  const api = await start(stack, parts.api);
  const workers = await Promise.all(
    Array.from({ length: options.workers }, () => start(stack, parts.worker)),
  );
  const owned = stack.move();
  const pids = [api, ...workers].flatMap(({ pid }) => pid ?? []);
  return {
    apiUrl: `http://127.0.0.1:${apiPort}`,
    key: () => readFileSync(join(dataDir, "api-key"), "utf8").trim(),
    controlUrl,
    redisUrl: redis.url,
    databaseUrl: postgres.url,
    pids: [...pids, redis.pid, postgres.pid],
    workers,
    // Another API takes any free port.
    start: (part) => start(owned, part, { EXHIBIT_API_PORT: "0" }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Starts a sandbox for the vendors' gateways, and writes an exhibit.yaml that names it. */
export async function startVendors({ root, ossUrl, leaseSeconds = 3600 }: FleetOptions) {
  await using stack = new AsyncDisposableStack();
  const data = stack.adopt(await dataFolder("bench"), (folder) => folder.remove());
  const [gatewayPort, ossPort] = await Promise.all([freePort(), freePort()]);
  const configPath = join(data.path, "exhibit.yaml");
  const dataDir = join(data.path, "data");
  const ports = ["--gateway-port", `${gatewayPort}`, "--oss-port", `${ossPort}`];
  const more = ["--root", root, "--write-config", configPath, "--lease-seconds", `${leaseSeconds}`];
  const sandbox = await startServer(
    process.execPath,
    [...commandLine, "sandbox", ...ports, ...more],
    {
      ready: /Objects are kept/,
      env: { ...commandEnvironment, EXHIBIT_DATA_DIR: dataDir },
    },
  );
  stack.defer(() => stopProcess(sandbox));
  if (ossUrl !== undefined) await sendElsewhere(configPath, ossUrl);
  const owned = stack.move();
  return {
    configPath,
    dataDir,
    controlUrl: `http://127.0.0.1:${gatewayPort}/sandbox`,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function sendElsewhere(configPath: string, endpoint: string): Promise<void> {
  const config = parse(await readFile(configPath, "utf8"));
  config.vendors.kongur.oss.endpoint = endpoint;
  await writeFile(configPath, stringify(config));
}
