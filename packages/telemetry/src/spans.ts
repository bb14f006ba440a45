import { toExhibitError } from "@exhibit/contracts";
import {
  type Attributes,
  type AttributeValue,
  context,
  INVALID_TRACEID,
  type Span,
  SpanStatusCode,
  TraceFlags,
  trace,
} from "@opentelemetry/api";

interface SpanEntry {
  /** What the span covers, as docs/telemetry.md says it. */
  readonly covers: string;
  /** All its attributes: ids and numbers, but no credential, no content, and no name of a file. */
  readonly attributes: readonly `exhibit.${string}`[];
}

/**
 * Every span of our own code, in the order in which an import meets them. They are children of HTTP
 * spans, which follow OpenTelemetry's conventions, and of the spans of jobs, which are
 * bullmq-otel's.
 */
export const spanTable = {
  "exhibit.plan": {
    covers: "Planning one folder of an import: walking its source and cutting it into shards.",
    attributes: [
      "exhibit.import_id",
      "exhibit.folder_id",
      "exhibit.vendor",
      "exhibit.files",
      "exhibit.bytes",
      "exhibit.failed",
      "exhibit.skipped",
    ],
  },
  "exhibit.store": {
    covers: "Storing the unfinished files of one shard.",
    attributes: [
      "exhibit.import_id",
      "exhibit.folder_id",
      "exhibit.shard_id",
      "exhibit.vendor",
      "exhibit.files",
      "exhibit.bytes",
      "exhibit.failed",
    ],
  },
  "exhibit.lease": {
    covers: "Getting the lease that opens a folder, from the cache or from its vendor.",
    attributes: [
      "exhibit.import_id",
      "exhibit.folder_id",
      "exhibit.vendor",
      "exhibit.lease_id",
      "exhibit.lease_expires_at",
    ],
  },
  "exhibit.file": {
    covers: "Sending one file: reading, digests, upload, and comparison with OSS's CRC64.",
    attributes: [
      "exhibit.file_id",
      "exhibit.size",
      "exhibit.outcome",
      "exhibit.lease_id",
      "exhibit.oss_request_id",
    ],
  },
  "exhibit.seal": {
    covers: "Ending an import: comparing its totals and setting its final status.",
    attributes: [
      "exhibit.import_id",
      "exhibit.status",
      "exhibit.files",
      "exhibit.bytes",
      "exhibit.failed",
    ],
  },
  "exhibit.stamp": {
    covers: "Asking an authority for the time stamp of one entry of the register.",
    attributes: ["exhibit.authority", "exhibit.entry", "exhibit.outcome"],
  },
  "exhibit.deposit": {
    covers:
      "Keeping one part of an entry of the register elsewhere: beside the evidence, or with a third party.",
    attributes: ["exhibit.receiver", "exhibit.entry", "exhibit.outcome"],
  },
  "exhibit.reconcile": {
    covers: "Enqueuing again what the ledger says is unfinished.",
    attributes: ["exhibit.imports", "exhibit.shards"],
  },
} as const satisfies Record<string, SpanEntry>;

export type SpanName = keyof typeof spanTable;

/** The attributes that the span of this name may have. */
export type SpanAttributes<Name extends SpanName> = {
  readonly [Key in (typeof spanTable)[Name]["attributes"][number]]?: AttributeValue | undefined;
};

/** A running span. */
export interface RunningSpan<Name extends SpanName> {
  /** Sets attributes that weren't known at the start. */
  set(attributes: SpanAttributes<Name>): void;
  /**
   * Starts a child span. If this span isn't sampled, neither is the child, and the check costs
   * nothing: use it in hot loops.
   */
  withSpan: typeof withSpan;
}

/**
 * Runs `work` inside a span, which is active for everything that `work` awaits. Records a failure
 * on the span with our error code as `error.type`, and rethrows it unchanged. Costs next to nothing
 * when telemetry is off or the trace isn't sampled: no span is created then.
 */
export function withSpan<Name extends SpanName, Result>(
  name: Name,
  attributes: SpanAttributes<Name>,
  work: (span: RunningSpan<Name>) => Promise<Result>,
): Promise<Result> {
  const parent = trace.getActiveSpan()?.spanContext();
  if (parent !== undefined && (parent.traceFlags & TraceFlags.SAMPLED) === 0)
    return work(UNSAMPLED);
  const span = trace.getTracer("exhibit").startSpan(name, { attributes: attributes as Attributes });
  if (span.spanContext().traceId === INVALID_TRACEID) return work(UNSAMPLED);
  return context.with(trace.setSpan(context.active(), span), () => inside(span, work));
}

/** The span of work that isn't traced. */
const UNSAMPLED: RunningSpan<SpanName> = {
  set() {},
  withSpan: (_name, _attributes, work) => work(UNSAMPLED),
};

async function inside<Name extends SpanName, Result>(
  span: Span,
  work: (span: RunningSpan<Name>) => Promise<Result>,
): Promise<Result> {
  try {
    return await work({ set: (more) => span.setAttributes(more as Attributes), withSpan });
  } catch (thrown) {
    recordFailure(span, thrown);
    throw thrown;
  } finally {
    span.end();
  }
}

/** Records an error on a span: its code, and its message, which holds no secret. */
export function recordFailure(span: Span, thrown: unknown): void {
  const { code, message } = toExhibitError(thrown);
  span.setAttribute("error.type", code);
  span.recordException({ name: code, message });
  span.setStatus({ code: SpanStatusCode.ERROR, message: `${code}: ${message}` });
}

/** Returns the id of the current trace; undefined when telemetry is off. */
export function activeTraceId(): string | undefined {
  return trace.getActiveSpan()?.spanContext().traceId;
}
