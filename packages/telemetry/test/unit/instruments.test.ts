import { type Meter, type MeterProvider, metrics } from "@opentelemetry/api";
import { afterEach, beforeEach, expect, it } from "vitest";
import { count, instrumentTable, observe } from "../../src/index.ts";

type Callback = (result: { observe(...reading: unknown[]): void }) => Promise<void>;

/** What was reported to the SDK. */
let told: unknown[][];
let callbacks: Set<Callback>;

beforeEach(() => {
  told = [];
  callbacks = new Set();
  const meter = {
    createCounter: (name: string, options: object) => ({
      add: (value: number, attributes: object) => told.push([name, options, value, attributes]),
    }),
    createObservableGauge: () => ({
      addCallback: (callback: Callback) => callbacks.add(callback),
      removeCallback: (callback: Callback) => callbacks.delete(callback),
    }),
  } as unknown as Meter;
  metrics.setGlobalMeterProvider({ getMeter: () => meter } as MeterProvider);
});
afterEach(() => metrics.disable());

it("counts by attributes, with the unit and the description of the table", () => {
  const attributes = { "exhibit.vendor": "kongur", "exhibit.outcome": "answered" };
  count("exhibit.vendor.calls", attributes);
  const { unit, measures } = instrumentTable["exhibit.vendor.calls"];
  expect(told).toEqual([["exhibit.vendor.calls", { unit, description: measures }, 1, attributes]]);
});

it("reads a gauge when metrics are collected until it is stopped, and reports nothing for a failure", async () => {
  const attributes = { "exhibit.vendor": "kongur", "exhibit.state": "ok" };
  let isUp = true;
  const stop = observe("exhibit.vendor.state", async () => {
    if (!isUp) throw new Error("down");
    return [{ value: 1, attributes }];
  });
  const collect = () =>
    Promise.all([...callbacks].map((callback) => callback({ observe: (...r) => told.push(r) })));
  await collect();
  isUp = false;
  await collect();
  expect(told).toEqual([[1, attributes]]);
  stop();
  expect(callbacks.size).toBe(0);
});

it("needs nothing when metrics are off", () => {
  metrics.disable();
  count("exhibit.vendor.calls", { "exhibit.vendor": "kongur", "exhibit.outcome": "answered" });
  observe("exhibit.vendor.state", async () => [])();
  expect(told).toEqual([]);
});
