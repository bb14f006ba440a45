import { type AttributeValue, metrics } from "@opentelemetry/api";

interface InstrumentEntry {
  readonly kind: "counter" | "gauge";
  /** In UCUM notation. */
  readonly unit: string;
  /** What is measured, as docs/telemetry.md says it. */
  readonly measures: string;
  /** All its attributes: each has few values, and none is an id of a case. */
  readonly attributes: readonly `exhibit.${string}`[];
}

/** Every instrument of our own code. Metrics are exported when OTEL_METRICS_EXPORTER is set. */
export const instrumentTable = {
  "exhibit.deposits.open": {
    kind: "gauge",
    unit: "{deposit}",
    measures:
      "How many things aren't yet kept where `custody.deposit` says, in the whole ledger; refused ones wait for a person.",
    attributes: ["exhibit.receiver", "exhibit.state"],
  },
  "exhibit.oss.window": {
    kind: "gauge",
    unit: "{request}",
    measures:
      "How many requests with bytes a process may have in flight to a bucket, as learnt from OSS.",
    attributes: ["exhibit.endpoint", "exhibit.bucket"],
  },
  "exhibit.stamps.oldest": {
    kind: "gauge",
    unit: "s",
    measures: "For how long the oldest entry of the register has waited for an authority's stamp.",
    attributes: ["exhibit.authority"],
  },
  "exhibit.stamps.pending": {
    kind: "gauge",
    unit: "{stamp}",
    measures:
      "How many entries of the register wait for an authority's stamp, in the whole ledger.",
    attributes: ["exhibit.authority"],
  },
  "exhibit.verifications": {
    kind: "counter",
    unit: "{verification}",
    measures: "Verifications of seals that have ended; the outcome is same, differs or unreadable.",
    attributes: ["exhibit.against", "exhibit.outcome"],
  },
  "exhibit.vendor.calls": {
    kind: "counter",
    unit: "{call}",
    measures: "Calls to vendors for leases; the outcome is `answered` or our error code.",
    attributes: ["exhibit.vendor", "exhibit.outcome"],
  },
  "exhibit.vendor.state": {
    kind: "gauge",
    unit: "1",
    measures: "1 for a vendor's current state: ok, failing, throttled, open, half-open.",
    attributes: ["exhibit.vendor", "exhibit.state"],
  },
} as const satisfies Record<string, InstrumentEntry>;

type NamesOf<Kind> = {
  [Name in keyof typeof instrumentTable]: (typeof instrumentTable)[Name]["kind"] extends Kind
    ? Name
    : never;
}[keyof typeof instrumentTable];

export type CounterName = NamesOf<"counter">;
export type GaugeName = NamesOf<"gauge">;

/** The attributes of the instrument of this name. */
export type InstrumentAttributes<Name extends keyof typeof instrumentTable> = {
  readonly [Key in (typeof instrumentTable)[Name]["attributes"][number]]: AttributeValue;
};

/** Adds one to a counter. Costs next to nothing when metrics are off. */
export function count<Name extends CounterName>(
  name: Name,
  attributes: InstrumentAttributes<Name>,
): void {
  const { unit, measures } = instrumentTable[name];
  metrics
    .getMeter("exhibit")
    .createCounter(name, { unit, description: measures })
    .add(1, attributes);
}

export interface Reading<Name extends GaugeName> {
  readonly value: number;
  readonly attributes: InstrumentAttributes<Name>;
}

/**
 * Reads a gauge whenever metrics are collected, until the returned function is called. If `read`
 * fails, nothing is reported.
 */
export function observe<Name extends GaugeName>(
  name: Name,
  read: () => Promise<readonly Reading<Name>[]>,
): () => void {
  const { unit, measures } = instrumentTable[name];
  const gauge = metrics
    .getMeter("exhibit")
    .createObservableGauge(name, { unit, description: measures });
  const callback = async (result: {
    observe(value: number, attributes: InstrumentAttributes<Name>): void;
  }) => {
    const readings = await read().catch(() => []);
    for (const { value, attributes } of readings) result.observe(value, attributes);
  };
  gauge.addCallback(callback);
  return () => gauge.removeCallback(callback);
}
