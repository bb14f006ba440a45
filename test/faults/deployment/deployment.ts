import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type ApiClient, createApiClient } from "@exhibit/client";
import { freePort, type RunningServer, startPostgres, startRedis } from "@exhibit/testkit";
import { cli } from "../../support/exhibit.ts";
import { ownKeyIn } from "../../support/own-key.ts";
import {
  createDeploymentProcess,
  type Death,
  type DeploymentProcess,
} from "./deployment-process.ts";
import { type KeptRequests, keepRequests } from "./kept-requests.ts";
import { type LedgerView, openEmbeddedView, openLedgerView } from "./ledger-view.ts";
import { createSandboxClient, type SandboxClient } from "./sandbox-client.ts";
import { createStranger, type Stranger } from "./stranger.ts";

/** How long, in milliseconds, the API may take to respond, and how long it may be away. */
const API_PATIENCE_MS = 60_000;

/** A fleet is an API, workers, Redis and Postgres; embedded is everything in one process, on disk. */
export type DeploymentKind = "fleet" | "embedded";

/** The whole product as processes, with the sandbox that stands for vendors and OSS. */
export interface Deployment extends AsyncDisposable {
  readonly kind: DeploymentKind;
  /** Holds everything: evidence, objects, data, logs. It stays if `keep` was called. */
  readonly folder: string;
  /** Evidence lies below it. */
  readonly root: string;
  readonly objectsFolder: string;
  /** Holds the logs of the product's processes. The sandbox, which prints its configuration, is none of them. */
  readonly logsFolder: string;
  readonly sandbox: SandboxClient;
  readonly api: ApiClient;
  /** In an embedded deployment, the one process is both the API and the only worker. */
  readonly apiProcess: DeploymentProcess;
  readonly workers: readonly DeploymentProcess[];
  /** API and workers, each once. */
  readonly product: readonly DeploymentProcess[];
  readonly redis: DeploymentServer;
  readonly postgres: DeploymentServer;
  readonly ledger: LedgerView;
  /** The requests that OSS got since the deployment was opened. */
  readonly requests: KeptRequests;
  /** Starts a process of another world and waits for its end. */
  readonly stranger: Stranger;
  /** Processes that ended by themselves. */
  readonly deaths: readonly Death[];
  /** Secrets that must be found nowhere in plain, besides the sandbox's tokens. */
  readonly secrets: readonly string[];
  /** Heals the sandbox, and starts and thaws whatever isn't running. */
  restore(): Promise<void>;
  /** Keeps the folder when the deployment is closed. */
  keep(): void;
}

/** Redis or Postgres. */
interface DeploymentServer extends Pick<RunningServer, "url" | "down" | "kill" | "up"> {
  readonly isUp: boolean;
}

export interface DeploymentOptions {
  kind?: DeploymentKind;
  /** The number of a fleet's workers. @defaultValue 3 */
  workers?: number;
}

export async function openDeployment({
  kind = "fleet",
  workers = 3,
}: DeploymentOptions = {}): Promise<Deployment> {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), "exhibit-faults-"));
  let kept = false;
  stack.defer(async () => {
    if (!kept) await rm(folder, { recursive: true, force: true });
  });
  const root = join(folder, "evidence");
  const logsFolder = join(folder, "logs");
  await Promise.all([mkdir(root), mkdir(logsFolder)]);

  const ports = { gateway: await freePort(), oss: await freePort(), api: await freePort() };
  const deaths: Death[] = [];
  const commonEnv = { ...process.env, NO_COLOR: "1", EXHIBIT_DATA_DIR: join(folder, "data") };
  const processOf = (
    name: string,
    args: readonly string[],
    ready: RegExp,
    env: NodeJS.ProcessEnv,
  ) => {
    const made = createDeploymentProcess({
      name,
      command: process.execPath,
      args: [cli, ...args],
      env: { ...commonEnv, ...env },
      ready,
      logPath: join(name === "sandbox" ? folder : logsFolder, `${name}.log`),
      onDeath: (death) => deaths.push(death),
    });
    stack.defer(() => made.kill());
    return made;
  };

  const config = join(folder, "exhibit.yaml");
  const sandboxArgs = ["sandbox", "--root", root, "--write-config", config];
  const sandboxPorts = ["--gateway-port", `${ports.gateway}`, "--oss-port", `${ports.oss}`];
  const starting = processOf(
    "sandbox",
    [...sandboxArgs, ...sandboxPorts],
    /Objects are kept/,
    {},
  ).start();

  const leaseKey = randomBytes(32).toString("base64");
  const [redis, postgres] =
    kind === "fleet"
      ? await Promise.all([
          startRedis(),
          startPostgres({ settings: ["track_commit_timestamp=on"] }),
        ])
      : [noServer, noServer];
  stack.defer(() => redis.stop());
  stack.defer(() => postgres.stop());
  const env = {
    EXHIBIT_CONFIG: config,
    EXHIBIT_API_PORT: String(ports.api),
    // The oracle asks as fast as it can.
    EXHIBIT_API_READS_PER_MINUTE: "off",
    EXHIBIT_API_WRITES_PER_MINUTE: "off",
    ...(kind === "fleet" && {
      EXHIBIT_REDIS_URL: redis.url,
      EXHIBIT_DATABASE_URL: postgres.url,
      EXHIBIT_LEASE_KEY: leaseKey,
    }),
  };
  const up = () => processOf("up", ["up"], /It stays up/, env);
  const apiProcess = kind === "fleet" ? processOf("api", ["api"], /API listens/, env) : up();
  const workerProcesses =
    kind === "fleet"
      ? Array.from({ length: workers }, (_, index) =>
          processOf(`worker-${index + 1}`, ["worker"], /worker takes jobs/, env),
        )
      : [apiProcess];
  const product = [...new Set([apiProcess, ...workerProcesses])];
  await starting;
  // One process first: it creates the tables.
  await apiProcess.start();
  await Promise.all(product.map((one) => one.start()));
  const key = ownKeyIn(join(folder, "data"));

  const sandbox = createSandboxClient(`http://127.0.0.1:${ports.gateway}/sandbox`);
  const requests = keepRequests(sandbox);
  stack.defer(() => requests.stop());
  const api = createApiClient({
    url: `http://127.0.0.1:${ports.api}`,
    timeout: API_PATIENCE_MS,
    keys: [key],
    actor: "fault suite",
    retryReadsFor: API_PATIENCE_MS,
  });
  const ledger =
    kind === "fleet"
      ? openLedgerView(postgres.url)
      : openEmbeddedView(join(folder, "data", "ledger"), apiProcess);
  stack.defer(() => ledger.close());
  const servers = { redis: deploymentServer(redis), postgres: deploymentServer(postgres) };
  const owned = stack.move();
  return {
    kind,
    folder,
    root,
    objectsFolder: join(folder, "data", "sandbox"),
    logsFolder,
    sandbox,
    api,
    apiProcess,
    workers: workerProcesses,
    product,
    ...servers,
    ledger,
    requests,
    stranger: createStranger({ cli, folder, config, env: { ...commonEnv, ...env } }),
    deaths,
    secrets: [leaseKey, key, "sandbox-app-secret", "sandbox-rex-secret"],
    async restore() {
      await sandbox.heal();
      await sandbox.clocks({ gateway: 0, oss: 0 });
      for (const server of Object.values(servers)) if (!server.isUp) await server.up();
      for (const one of product) one.thaw();
      await Promise.all(product.map(startPatiently));
    },
    keep() {
      kept = true;
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** Starts a process repeatedly, as a supervisor does: a server that has just started may refuse connections. */
export async function startPatiently(one: DeploymentProcess): Promise<void> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    try {
      return await one.start();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(500);
    }
  }
}

function deploymentServer(server: RunningServer): DeploymentServer {
  let isUp = true;
  return {
    url: server.url,
    get isUp() {
      return isUp;
    },
    async down() {
      isUp = false;
      await server.down();
    },
    async kill() {
      isUp = false;
      await server.kill();
    },
    async up() {
      await server.up();
      isUp = true;
    },
  };
}

/** An embedded deployment has neither Redis nor Postgres. */
const nothing = () => Promise.resolve();
const noServer: RunningServer = {
  url: "",
  pid: 0,
  down: nothing,
  kill: nothing,
  up: nothing,
  stop: nothing,
};
