import { setTimeout as pause } from "node:timers/promises";
import { toExhibitError } from "@exhibit/contracts";

/** How long the end of a process waits for a collector, in milliseconds. */
const SHUTDOWN_LIMIT = 3_000;

export interface Telemetry {
  /**
   * Sends what is still held back, for three seconds at most, and never fails: a missing collector isn't our user's
   * trouble. The SDK may go on trying for ten seconds, so a process that wants to end calls `process.exit` after it.
   */
  shutdown(): Promise<void>;
}

export interface TelemetryOptions {
  /** The `service.name`, unless OTEL_SERVICE_NAME or OTEL_RESOURCE_ATTRIBUTES gives one. */
  readonly service: string;
  /**
   * `process.env`. The SDK itself reads the same variables from the process: this decides only whether it is
   * started, and which signals.
   */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const OFF: Telemetry = { shutdown: async () => {} };

/**
 * Starts OpenTelemetry as the standard OTEL_* variables say. Without any of them, or with OTEL_SDK_DISABLED=true,
 * nothing is loaded and nothing is sent.
 *
 * Traces go out by OTEL_TRACES_EXPORTER (OTLP when it isn't set); metrics and logs only when OTEL_METRICS_EXPORTER and
 * OTEL_LOGS_EXPORTER ask for them. The SDK's own complaints are shown only when OTEL_LOG_LEVEL is set.
 *
 * @throws {ExhibitError} CONFIG_INVALID when the SDK can't work with the variables
 */
export async function startTelemetry({ service, env }: TelemetryOptions): Promise<Telemetry> {
  if (!isWanted(env)) return OFF;
  // Loaded only now: it takes a third of a second that nobody should wait for who doesn't use it.
  const { NodeSDK } = await import("@opentelemetry/sdk-node");
  try {
    const sdk = new NodeSDK({
      ...(isNamed(env) ? {} : { serviceName: service }),
      // Left to itself the SDK would send these to a collector that may know only traces.
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

/** The specification: an empty value means the same as none. */
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
