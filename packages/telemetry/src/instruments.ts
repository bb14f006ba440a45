import { type AttributeValue, metrics } from "@opentelemetry/api";

interface InstrumentEntry {
  readonly kind: "counter" | "gauge";
  /** As UCUM writes it. */
  readonly unit: string;
  /** What is measured, for people. */
  readonly measures: string;
  /** All that it may be split by: few values each, none of them an id of a case. */
  readonly attributes: readonly `exhibit.${string}`[];
}

/** Every instrument of our own code. Metrics are sent when OTEL_METRICS_EXPORTER asks for them. */
export const instrumentTable = {
  "exhibit.oss.window": {
    kind: "gauge",
    unit: "{request}",
    measures:
      "Requests with bytes that a process may have under way to a bucket, as OSS's answers taught it.",
    attributes: ["exhibit.endpoint", "exhibit.bucket"],
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
    measures: "1 for the state that a vendor is in: ok, failing, throttled, open, half-open.",
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

/** What an instrument of this name is split by. */
export type InstrumentAttributes<Name extends keyof typeof instrumentTable> = {
  readonly [Key in (typeof instrumentTable)[Name]["attributes"][number]]: AttributeValue;
};

/** Adds one. Costs next to nothing when metrics are off. */
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

/** Reads a gauge whenever metrics are collected, until the function it gives is called. `read` may fail: nothing is sent then. */
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
