import { join } from "node:path";
import {
  type Environment,
  type ExhibitConfig,
  loadConfig,
  parseConfig,
  secretsOf,
} from "@exhibit/config";
import { ExhibitError } from "@exhibit/contracts";
import { openServices } from "@exhibit/runtime";
import { type Sandbox, startSandbox } from "@exhibit/sandbox";
import { createLogger, startTelemetry } from "@exhibit/telemetry";
import { lockDataFolder } from "../process/data-lock.ts";
import { startLimitedWorker } from "../process/limited-worker.ts";
import { type ServedApi, type ServeOptions, serveApi } from "../process/serve-api.ts";
import { telemetryEnvironment } from "../process/telemetry-environment.ts";
import { openLogFile } from "./log-file.ts";

/** API and worker, and where no configuration is given the sandbox, running in this process. */
export interface House {
  /** By its configuration. */
  trial: boolean;
  api: ServedApi;
  sandbox: Sandbox | undefined;
  logPath: string;
  /** Set when the API had to take another port than the one it should have. */
  portTaken: number | undefined;
  /** Those of `sources.roots` that can't be found. */
  absentRoots: readonly string[];
  /** What gateways and OSS are reached through. */
  proxy: string | undefined;
}

export interface HouseOptions {
  /** Of `exhibit.yaml`; undefined: the sandbox's. */
  configPath: string | undefined;
  /** Those of the sandbox's configuration. */
  roots: readonly string[];
  /** To be set for all workers; undefined leaves the one that holds. */
  bwlimit: string | undefined;
}

/** Starts everything in its order; `stack` closes it in the opposite one. */
export async function openHouse(
  environment: Environment,
  { configPath, roots, bwlimit }: HouseOptions,
  stack: AsyncDisposableStack,
): Promise<House> {
  const { dataDir } = environment;
  const telemetry = await startTelemetry({ service: "exhibit", env: telemetryEnvironment() });
  stack.defer(() => telemetry.shutdown());
  const sandbox = configPath === undefined ? await openSandbox(dataDir, stack) : undefined;
  const config =
    sandbox === undefined ? await loadConfig(configPath ?? "") : sandboxConfig(sandbox, roots);

  const logPath = join(dataDir, "exhibit.log");
  const destination = stack.use(openLogFile(logPath));
  const logger = createLogger({
    service: "exhibit",
    secrets: secretsOf(config, environment),
    level: "warn",
    destination,
  });
  // Its own sandbox is in this process: no proxy knows the way to it.
  const { proxies, ...direct } = environment;
  const services = await openServices({
    environment: sandbox === undefined ? environment : direct,
    config,
    logger,
  });
  stack.defer(() => services.close());
  const worker = await startLimitedWorker(services, bwlimit);
  stack.defer(() => worker.close());
  const api = await serveSomewhere({ services, logger, environment }, mayMove(environment));
  stack.defer(() => api.served.close());
  return {
    trial: config.trial,
    api: api.served,
    sandbox,
    logPath,
    portTaken: api.portTaken,
    absentRoots: await services.absentRoots(),
    proxy: sandbox === undefined ? proxies?.description : undefined,
  };
}

async function openSandbox(dataDir: string, stack: AsyncDisposableStack): Promise<Sandbox> {
  const folder = join(dataDir, "sandbox");
  stack.use(await lockDataFolder(folder));
  // Any free ports: only this process speaks to it.
  const sandbox = await startSandbox({
    dataDir: folder,
    gatewayPort: 0,
    ossPort: 0,
  });
  stack.defer(() => sandbox.close());
  return sandbox;
}

function sandboxConfig(sandbox: Sandbox, roots: readonly string[]): ExhibitConfig {
  return parseConfig(sandbox.config([...roots]), "the sandbox's configuration");
}

/** An embedded house is one person's own: any port will do for it, unless one was asked for. That of a fleet is what others were told. */
function mayMove({ redisUrl, databaseUrl, isPortChosen }: Environment): boolean {
  return redisUrl === undefined && databaseUrl === undefined && isPortChosen !== true;
}

async function serveSomewhere(
  options: ServeOptions,
  isMovable: boolean,
): Promise<{ served: ServedApi; portTaken: number | undefined }> {
  try {
    return { served: await serveApi(options), portTaken: undefined };
  } catch (thrown) {
    const isTaken = thrown instanceof ExhibitError && thrown.details.reason === "EADDRINUSE";
    if (!(isTaken && isMovable)) throw thrown;
    const { environment } = options;
    const served = await serveApi({ ...options, environment: { ...environment, apiPort: 0 } });
    return { served, portTaken: environment.apiPort };
  }
}
