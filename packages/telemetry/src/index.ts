export {
  type CounterName,
  count,
  type GaugeName,
  type InstrumentAttributes,
  instrumentTable,
  observe,
  type Reading,
} from "./instruments.ts";
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
