export { createLogger, type Logger, type LoggerOptions } from "./logger.ts";
export { createRedactor, type Redactor } from "./redact.ts";
export {
  activeTraceId,
  type RunningSpan,
  recordFailure,
  type SpanAttributes,
  type SpanName,
  spanTable,
  withSpan,
} from "./spans.ts";
export { startTelemetry, type Telemetry, type TelemetryOptions } from "./start.ts";
