import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { startTelemetry, withSpan } from "../../src/index.ts";

/** A collector that keeps what it receives. */
let server: Server;
let received: { path: string | undefined; body: string }[];
let endpoint: string;

beforeEach(async () => {
  received = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      received.push({ path: request.url, body: Buffer.concat(chunks).toString("latin1") });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Runs a process: the SDK reads the environment of its process. */
async function emit(env: Record<string, string>) {
  const script = join(import.meta.dirname, "emit-span.ts");
  return promisify(execFile)(process.execPath, ["--no-warnings", script], { env });
}

it("sends spans, and nothing else, to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names", async () => {
  const { stderr } = await emit({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
  expect(received.map(({ path }) => path)).toEqual(["/v1/traces"]);
  expect(received[0]?.body).toContain("exhibit.seal");
  expect(received[0]?.body).toContain("exhibit-test");
  expect(stderr).toBe("");
});

it("takes the service's name from OTEL_SERVICE_NAME, and exports metrics and logs only on request", async () => {
  await emit({
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_SERVICE_NAME: "my-worker",
    OTEL_METRICS_EXPORTER: "otlp",
  });
  const traces = received.find(({ path }) => path === "/v1/traces");
  expect(traces?.body).toContain("my-worker");
  expect(traces?.body).not.toContain("exhibit-test");
  expect(received.map(({ path }) => path)).not.toContain("/v1/logs");
});

it("prints nothing and ends in time when no collector answers", async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const { stdout, stderr } = await emit({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint });
  expect(stdout).toMatch(/^done/);
  expect(stderr).toBe("");
});

it.each([
  ["no variable is set", {}],
  ["the variables are empty", { OTEL_EXPORTER_OTLP_ENDPOINT: "" }],
  [
    "it is disabled",
    { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:1", OTEL_SDK_DISABLED: "TRUE" },
  ],
])("does nothing when %s", async (_, env) => {
  const telemetry = await startTelemetry({ service: "exhibit-test", env });
  const { trace } = await import("@opentelemetry/api");
  const recording = await withSpan("exhibit.seal", {}, async () =>
    trace.getActiveSpan()?.isRecording(),
  );
  expect(recording ?? false).toBe(false);
  await telemetry.shutdown();
});
