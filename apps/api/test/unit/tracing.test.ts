import { viewOf } from "@exhibit/client/testing";
import { activeTraceId, withSpan } from "@exhibit/telemetry";
import { recordSpans, type SpanRecorder } from "@exhibit/telemetry/testing";
import { SpanStatusCode } from "@opentelemetry/api";
import { afterEach, beforeEach, expect, it } from "vitest";
import { bearer, testKey } from "../fake-door.ts";
import { startApi } from "../fake-imports.ts";

let api: Awaited<ReturnType<typeof startApi>>;
let recorder: SpanRecorder;
beforeEach(async () => {
  recorder = recordSpans();
  api = await startApi();
});
afterEach(async () => {
  await api.app.close();
  await recorder.stop();
});

const traceId = "0af7651916cd43dd8448eb211c80319c";
const traceparent = `00-${traceId}-b7ad6b7169203331-01`;
const payload = {
  folders: [{ vendor: "v", folder: {}, source: { type: "directory", path: "/e" } }],
};

it("carries the caller's trace into the handler, also behind a body that has to be read", async () => {
  let seen: string | undefined;
  api.imports.create = async () => {
    seen = activeTraceId();
    await withSpan("exhibit.plan", {}, async () => {});
    return viewOf();
  };
  // A real socket: the body arrives in an event of its own.
  const address = await api.app.listen({ port: 0, host: "127.0.0.1" });
  await fetch(`${address}/v1/imports`, {
    method: "POST",
    headers: { ...bearer(testKey), traceparent, "content-type": "application/json" },
    body: JSON.stringify(payload),
  });
  expect(seen).toBe(traceId);
  const [inner, server] = recorder.spans();
  expect(server).toMatchObject({
    name: "POST /v1/imports",
    attributes: {
      "http.request.method": "POST",
      "http.route": "/v1/imports",
      "http.response.status_code": 202,
    },
    parentSpanContext: { traceId, spanId: "b7ad6b7169203331" },
  });
  expect(inner?.parentSpanContext?.spanId).toBe(server?.spanContext().spanId);
});

it("begins a trace of its own for a caller without one, and names it in the failure's answer", async () => {
  api.imports.get = async () => {
    throw new Error("boom");
  };
  const answer = await api.app.inject("/v1/imports/x");
  const [span] = recorder.spans();
  expect(answer.json().trace_id).toBe(span?.spanContext().traceId);
  expect(span?.status.code).toBe(SpanStatusCode.ERROR);
});

it("doesn't call a client's fault an error of the server", async () => {
  await api.app.inject("/v1/imports/unknown");
  const [span] = recorder.spans();
  expect(span?.attributes).toMatchObject({
    "http.response.status_code": 404,
    "error.type": "NOT_FOUND",
  });
  expect(span?.status.code).toBe(SpanStatusCode.UNSET);
});

it("makes no span of the questions that machines ask all the time", async () => {
  await api.app.inject("/healthz");
  await api.app.inject("/readyz");
  expect(recorder.spans()).toEqual([]);
});
