import { setTimeout as pause } from "node:timers/promises";
import { toExhibitError } from "@exhibit/contracts";

/** How long a process that ends waits for the collector, in milliseconds. */
const SHUTDOWN_LIMIT = 3_000;

export interface Telemetry {
  /**
   * Sends what is still buffered, for at most three seconds. Never fails: a missing collector must
   * not trouble the user. The SDK may go on trying for ten seconds, so call `process.exit`
   * afterwards.
   */
  shutdown(): Promise<void>;
}

export interface TelemetryOptions {
  /** The `service.name`, unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES sets one. */
  readonly service: string;
  /**
   * `process.env`. The SDK itself reads the same variables from the process; these only decide
   * whether it is started, and for which signals.
   */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const OFF: Telemetry = { shutdown: async () => {} };

/**
 * Starts OpenTelemetry by the standard OTEL_* variables. Without any of them, or with
 * OTEL_SDK_DISABLED=true, nothing is loaded and nothing is sent.
 *
 * Traces are exported by OTEL_TRACES_EXPORTER (OTLP by default); metrics and logs only if
 * OTEL_METRICS_EXPORTER and OTEL_LOGS_EXPORTER are set. The SDK's own messages are shown only if
 * OTEL_LOG_LEVEL is set.
 *
 * @throws {ExhibitError} CONFIG_INVALID when the SDK can't work with the variables
 */
export async function startTelemetry({ service, env }: TelemetryOptions): Promise<Telemetry> {
  if (!isWanted(env)) return OFF;
  // Loaded only when needed: it takes a third of a second.
  const { NodeSDK } = await import("@opentelemetry/sdk-node");
  try {
    const sdk = new NodeSDK({
      ...(isNamed(env) ? {} : { serviceName: service }),
      // By default the SDK would send these, too, to a collector that may accept only traces.
      ...(isSet(env, "OTEL_METRICS_EXPORTER") ? {} : { metricReaders: [] }),
      ...(isSet(env, "OTEL_LOGS_EXPORTER") ? {} : { logRecordProcessors: [] }),
    });
    sdk.start();
    return { shutdown: () => shutDown(sdk) };
  } catch (thrown) {
    throw toExhibitError(thrown, "CONFIG_INVALID");
  }
}

function isWanted(env: TelemetryOptions["env"]): boolean {
  if (env.OTEL_SDK_DISABLED?.trim().toLowerCase() === "true") return false;
  return Object.keys(env).some((name) => name.startsWith("OTEL_") && isSet(env, name));
}

function isNamed(env: TelemetryOptions["env"]): boolean {
  const attributes = env.OTEL_RESOURCE_ATTRIBUTES ?? "";
  return isSet(env, "OTEL_SERVICE_NAME") || /(^|,)\s*service\.name\s*=/.test(attributes);
}

/** By the specification, an empty value is the same as none. */
function isSet(env: TelemetryOptions["env"], name: string): boolean {
  return (env[name] ?? "").trim() !== "";
}

async function shutDown(sdk: { shutdown(): Promise<void> }): Promise<void> {
  const limit = new AbortController();
  const late = pause(SHUTDOWN_LIMIT, undefined, { signal: limit.signal });
  await Promise.race([sdk.shutdown(), late]).catch(() => undefined);
  limit.abort();
  await late.catch(() => undefined);
}
