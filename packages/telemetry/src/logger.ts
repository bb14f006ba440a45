import { visibleJson } from "@exhibit/contracts";
import { trace } from "@opentelemetry/api";
import { pino } from "pino";
import { errorFields } from "./error-fields.ts";
import { createRedactor } from "./redact.ts";

export type Logger = pino.Logger;

export interface LoggerOptions {
  /** The process that logs: `api`, `worker` or `exhibit`. */
  readonly service: string;
  /** Masked wherever they occur: see `secretsOf` of the configuration. */
  readonly secrets: readonly string[];
  /** The lowest level that is written; `silent` writes nothing. @defaultValue info */
  readonly level?: pino.Level | "silent";
  /** Where the lines go, one JSON object each. @defaultValue stderr */
  readonly destination?: { write(line: string): void };
}

/**
 * Creates the logger of a process. It writes one JSON object per line, with `trace_id` and
 * `span_id` if a span is active, without credentials, and with control characters escaped: logs are
 * read in terminals.
 */
export function createLogger(options: LoggerOptions): Logger {
  const redactor = createRedactor(options.secrets);
  return pino(
    {
      level: options.level ?? "info",
      base: { service: options.service, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: traceFields,
      serializers: { err: errorFields },
      hooks: { streamWrite: (line) => `${visibleJson(redactor.line(line).trimEnd())}\n` },
    },
    // Written synchronously, so that the last lines before a process ends aren't lost.
    options.destination ?? pino.destination({ dest: 2, sync: true }),
  );
}

function traceFields(): Record<string, string> {
  const context = trace.getActiveSpan()?.spanContext();
  return context === undefined ? {} : { trace_id: context.traceId, span_id: context.spanId };
}
