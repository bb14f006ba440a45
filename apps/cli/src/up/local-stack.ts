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
import { makeLoginLink } from "../process/login-link.ts";
import { lockApi } from "../process/own-key.ts";
import { type ServedApi, type ServeOptions, serveApi } from "../process/serve-api.ts";
import { telemetryEnvironment } from "../process/telemetry-environment.ts";
import { openLogFile } from "./log-file.ts";

/** API and worker, and without a configuration the sandbox, running in this process. */
export interface LocalStack {
  /** Whether its configuration is a trial's. */
  trial: boolean;
  api: ServedApi;
  /** The key that the API made for itself, if it did. */
  ownKey: string | undefined;
  /** Makes a link that logs a browser in with it, once. */
  makeLoginLink(): Promise<string | undefined>;
  sandbox: Sandbox | undefined;
  logPath: string;
  /** The port that the API should have, when another program uses it. */
  portTaken: number | undefined;
  /** Those of `sources.roots` that don't exist. */
  absentRoots: readonly string[];
  /** Those of `sources.roots` that are a whole file system. */
  boundlessRoots: readonly string[];
  /** The proxy through which gateways and OSS are reached, if any. */
  proxy: string | undefined;
}

export interface LocalStackOptions {
  /** The path of `exhibit.yaml`; undefined for the sandbox's configuration. */
  configPath: string | undefined;
  /** The readable roots of the sandbox's configuration. */
  roots: readonly string[];
  /** The limit to set for all workers; undefined keeps the current one. */
  bwlimit: string | undefined;
}

/** Starts everything in order; `stack` closes it in the opposite order. */
export async function openLocalStack(
  environment: Environment,
  { configPath, roots, bwlimit }: LocalStackOptions,
  stack: AsyncDisposableStack,
): Promise<LocalStack> {
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
  // The sandbox is in this process, where no proxy can reach it.
  const { proxies, ...direct } = environment;
  const services = await openServices({
    environment: sandbox === undefined ? environment : direct,
    config,
    logger,
  });
  stack.defer(() => services.close());
  const worker = await startLimitedWorker(services, bwlimit);
  stack.defer(() => worker.close());
  const ownKey = await lockApi(services, environment);
  const api = await serveSomewhere({ services, logger, environment }, mayMove(environment));
  stack.defer(() => api.served.close());
  return {
    trial: config.trial,
    api: api.served,
    ownKey,
    makeLoginLink: async () =>
      ownKey && makeLoginLink(services, ownKey, { ...environment, url: api.served.url }),
    sandbox,
    logPath,
    portTaken: api.portTaken,
    absentRoots: await services.absentRoots(),
    boundlessRoots: await services.boundlessRoots(),
    proxy: sandbox === undefined ? proxies?.description : undefined,
  };
}

async function openSandbox(dataDir: string, stack: AsyncDisposableStack): Promise<Sandbox> {
  const folder = join(dataDir, "sandbox");
  stack.use(await lockDataFolder(folder));
  // Any free ports will do, because only this process uses the sandbox.
  const sandbox = await startSandbox({
    dataDir: folder,
    gatewayPort: 0,
    ossPort: 0,
  });
  stack.defer(() => sandbox.close());
  return sandbox;
}

function sandboxConfig(sandbox: Sandbox, roots: readonly string[]): ExhibitConfig {
  return parseConfig(sandbox.config([...roots], { stamps: true }), "the sandbox's configuration");
}

/**
 * Whether the API may use another port. With embedded services it serves one person, so any port
 * will do unless one was chosen. Others rely on the port of a fleet.
 */
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
