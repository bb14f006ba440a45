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
  /** What the span covers, for people. */
  readonly covers: string;
  /** All that it may carry: ids and numbers. No credential, no content, no name of a person's file. */
  readonly attributes: readonly `exhibit.${string}`[];
}

/**
 * Every span of our own code, in the order in which an import meets them. HTTP spans follow OpenTelemetry's
 * conventions and those of jobs are bullmq-otel's; these are their children.
 */
export const spanTable = {
  "exhibit.plan": {
    covers: "Planning one folder of an import: its source is walked and cut into shards.",
    attributes: [
      "exhibit.import_id",
      "exhibit.folder_id",
      "exhibit.vendor",
      "exhibit.files",
      "exhibit.bytes",
      "exhibit.shards",
    ],
  },
  "exhibit.walk": {
    covers: "Reading the names of one source, from its first entry to its last.",
    attributes: [
      "exhibit.import_id",
      "exhibit.folder_id",
      "exhibit.files",
      "exhibit.skipped",
      "exhibit.faulty",
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
    covers: "Asking a vendor for the lease that opens a folder.",
    attributes: [
      "exhibit.import_id",
      "exhibit.folder_id",
      "exhibit.vendor",
      "exhibit.lease_id",
      "exhibit.lease_expires_at",
    ],
  },
  "exhibit.file": {
    covers: "Sending one file: opening, digests, upload, comparison with OSS's CRC64.",
    attributes: [
      "exhibit.file_id",
      "exhibit.shard_id",
      "exhibit.size",
      "exhibit.outcome",
      "exhibit.lease_id",
      "exhibit.oss_request_id",
    ],
  },
  "exhibit.seal": {
    covers: "Ending an import: its totals and the state it rests in.",
    attributes: [
      "exhibit.import_id",
      "exhibit.status",
      "exhibit.files",
      "exhibit.bytes",
      "exhibit.failed",
    ],
  },
  "exhibit.reconcile": {
    covers: "Ringing again for what the ledger says is unfinished.",
    attributes: ["exhibit.imports", "exhibit.shards"],
  },
} as const satisfies Record<string, SpanEntry>;

export type SpanName = keyof typeof spanTable;

/** What the span of this name may carry. */
export type SpanAttributes<Name extends SpanName> = {
  readonly [Key in (typeof spanTable)[Name]["attributes"][number]]?: AttributeValue | undefined;
};

/** A running span: what is known only later is set on it. */
export interface RunningSpan<Name extends SpanName> {
  set(attributes: SpanAttributes<Name>): void;
  /** As `withSpan`, for work of this span that there is a lot of: where this span isn't seen, that isn't even asked for. */
  withSpan: typeof withSpan;
}

/**
 * Runs `work` inside a span, which is active for all that `work` awaits. A failure is recorded on the span with our
 * error code as `error.type`, and thrown on as it is. Costs next to nothing when telemetry is off, or when the trace isn't
 * one of those that are sampled: no span of it is made then.
 */
export function withSpan<Name extends SpanName, Result>(
  name: Name,
  attributes: SpanAttributes<Name>,
  work: (span: RunningSpan<Name>) => Promise<Result>,
): Promise<Result> {
  const parent = trace.getActiveSpan()?.spanContext();
  if (parent !== undefined && (parent.traceFlags & TraceFlags.SAMPLED) === 0) return work(UNSEEN);
  const span = trace.getTracer("exhibit").startSpan(name, { attributes: attributes as Attributes });
  if (span.spanContext().traceId === INVALID_TRACEID) return work(UNSEEN);
  return context.with(trace.setSpan(context.active(), span), () => inside(span, work));
}

/** For work that nobody traces. */
const UNSEEN: RunningSpan<SpanName> = {
  set() {},
  withSpan: (_name, _attributes, work) => work(UNSEEN),
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

/** Says on the span what went wrong: our code, and the sentence for people (which holds no secret). */
export function recordFailure(span: Span, thrown: unknown): void {
  const { code, message } = toExhibitError(thrown);
  span.setAttribute("error.type", code);
  span.recordException({ name: code, message });
  span.setStatus({ code: SpanStatusCode.ERROR, message: `${code}: ${message}` });
}

/** The trace that runs now, as a person can look it up; undefined when telemetry is off. */
export function activeTraceId(): string | undefined {
  return trace.getActiveSpan()?.spanContext().traceId;
}
