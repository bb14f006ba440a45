import { ExhibitError } from "@exhibit/contracts";
import { SpanStatusCode } from "@opentelemetry/api";
import { afterEach, beforeEach, expect, it } from "vitest";
import { activeTraceId, spanTable, withSpan } from "../../src/index.ts";
import { recordSpans, type SpanRecorder } from "../../src/testing.ts";

let recorder: SpanRecorder;
beforeEach(() => {
  recorder = recordSpans();
});
afterEach(async () => {
  await recorder.stop();
});

it("returns the result, and records a span with attributes from before and from later", async () => {
  const result = await withSpan("exhibit.file", { "exhibit.file_id": "f1" }, async (span) => {
    span.set({ "exhibit.outcome": "stored", "exhibit.size": 3 });
    return 42;
  });
  expect(result).toBe(42);
  expect(recorder.spans()).toMatchObject([
    {
      name: "exhibit.file",
      attributes: { "exhibit.file_id": "f1", "exhibit.outcome": "stored", "exhibit.size": 3 },
      status: { code: SpanStatusCode.UNSET },
    },
  ]);
});

it("makes inner spans children of the outer one, even after an await", async () => {
  let seen: string | undefined;
  await withSpan("exhibit.store", {}, async () => {
    await new Promise(setImmediate);
    await withSpan("exhibit.lease", {}, async () => {
      seen = activeTraceId();
    });
  });
  const [lease, store] = recorder.spans();
  expect(lease?.parentSpanContext?.spanId).toBe(store?.spanContext().spanId);
  expect(lease?.spanContext().traceId).toBe(seen);
  expect(activeTraceId()).toBeUndefined();
});

it("records a failure with our code and rethrows it unchanged", async () => {
  const error = new ExhibitError("VENDOR_REFUSED", "kongur refuses suit 1001.");
  await expect(withSpan("exhibit.lease", {}, () => Promise.reject(error))).rejects.toBe(error);
  const [span] = recorder.spans();
  expect(span?.attributes["error.type"]).toBe("VENDOR_REFUSED");
  expect(span?.status).toEqual({
    code: SpanStatusCode.ERROR,
    message: "VENDOR_REFUSED: kongur refuses suit 1001.",
  });
  expect(span?.events[0]?.attributes).toMatchObject({
    "exception.type": "VENDOR_REFUSED",
    "exception.message": "kongur refuses suit 1001.",
  });
});

it("records a failure without a code of ours as INTERNAL", async () => {
  const work = () => Promise.reject(new TypeError("x is not a function"));
  await expect(withSpan("exhibit.plan", {}, work)).rejects.toThrow(TypeError);
  expect(recorder.spans()[0]?.attributes["error.type"]).toBe("INTERNAL");
});

it("runs the work in the same way when telemetry is off", async () => {
  await recorder.stop();
  expect(await withSpan("exhibit.plan", {}, async () => activeTraceId() ?? "none")).toBe("none");
});

it("has no attribute in its table that names a credential or a file", () => {
  const names = Object.values(spanTable).flatMap(({ attributes }) => [...attributes]);
  expect(names.filter((name) => /secret|token|password|path|key/.test(name))).toEqual([]);
});
