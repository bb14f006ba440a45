import { loadConfig, secretsOf } from "@exhibit/config";
import { TRIAL_NOTICE } from "@exhibit/contracts";
import { openServices, type Services } from "@exhibit/runtime";
import { createLogger, type Logger, startTelemetry } from "@exhibit/telemetry";
import { boundlessLine } from "./boundless-line.ts";
import type { FleetEnvironment } from "./fleet-environment.ts";
import { telemetryEnvironment } from "./telemetry-environment.ts";

export interface Fleet {
  logger: Logger;
  services: Services;
}

/**
 * Loads exhibit.yaml and opens the services for a process of a fleet (`api`, `worker`). `stack`
 * closes them. Throws CONFIG_INVALID, and the errors of `openServices`.
 */
export async function openFleet(
  service: string,
  environment: FleetEnvironment,
  stack: AsyncDisposableStack,
): Promise<Fleet> {
  const { path, isNamed } = environment.config;
  const config = await loadConfig(path);
  const telemetry = await startTelemetry({ service, env: telemetryEnvironment() });
  stack.defer(() => telemetry.shutdown());
  const logger = createLogger({ service, secrets: secretsOf(config, environment) });
  if (!isNamed) logger.info({ path }, "exhibit.yaml of the working folder is used");
  if (config.trial) logger.warn(TRIAL_NOTICE);
  const { proxies } = environment;
  if (proxies !== undefined) {
    logger.info({ proxy: proxies.description }, "gateways and OSS are reached through a proxy");
  }
  const services = await openServices({ environment, config, logger });
  stack.defer(() => services.close());
  for (const root of await services.boundlessRoots()) logger.warn(boundlessLine(root));
  return { logger, services };
}
