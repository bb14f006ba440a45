import { visibleJson } from "@exhibit/contracts";
import { trace } from "@opentelemetry/api";
import { pino } from "pino";
import { errorFields } from "./error-fields.ts";
import { createRedactor } from "./redact.ts";

export type Logger = pino.Logger;

export interface LoggerOptions {
  /** Which of our processes speaks: `api`, `worker`, `exhibit`. */
  readonly service: string;
  /** Masked wherever they occur; see `secretsOf` of the configuration. */
  readonly secrets: readonly string[];
  /** The least level that is written; `silent` writes nothing. @defaultValue "info" */
  readonly level?: pino.Level | "silent";
  /** Where the lines go, one JSON object each. @defaultValue stderr */
  readonly destination?: { write(line: string): void };
}

/**
 * Makes the logger of a process: one JSON object a line, with `trace_id` and `span_id` when a span is active, and
 * without credentials. Logs are read in terminals: no name that is in a line has one do anything.
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
    // Written at once: what is said just before a process ends isn't lost.
    options.destination ?? pino.destination({ dest: 2, sync: true }),
  );
}

function traceFields(): Record<string, string> {
  const context = trace.getActiveSpan()?.spanContext();
  return context === undefined ? {} : { trace_id: context.traceId, span_id: context.spanId };
}
