import { loadConfig, secretsOf } from "@exhibit/config";
import { createLogger, type Logger, startTelemetry } from "@exhibit/telemetry";
import { openServices, type Services } from "@exhibit/worker";
import type { FleetEnvironment } from "./fleet-environment.ts";
import { telemetryEnvironment } from "./telemetry-environment.ts";

export interface Fleet {
  logger: Logger;
  services: Services;
}

/**
 * What a process of a fleet (`api`, `worker`) stands on: exhibit.yaml, Redis and Postgres, opened; whatever was opened
 * is closed with `stack`. Throws CONFIG_INVALID or SERVICE_UNREACHABLE.
 */
export async function openFleet(
  service: string,
  environment: FleetEnvironment,
  stack: AsyncDisposableStack,
): Promise<Fleet> {
  const config = await loadConfig(environment.configPath);
  const telemetry = await startTelemetry({ service, env: telemetryEnvironment() });
  stack.defer(() => telemetry.shutdown());
  const logger = createLogger({ service, secrets: secretsOf(config, environment) });
  const services = await openServices({ environment, config, logger });
  stack.defer(() => services.close());
  return { logger, services };
}
