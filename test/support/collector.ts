import { createServer } from "node:http";

export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  service: string;
}

/** Starts an OpenTelemetry collector for tests, which takes OTLP over HTTP as JSON and keeps the spans. */
export async function startCollector() {
  const spans: CollectedSpan[] = [];
  let arrived = () => {};
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      if (request.url === "/v1/traces")
        spans.push(...spansIn(JSON.parse(Buffer.concat(chunks).toString())));
      response.setHeader("content-type", "application/json");
      response.end("{}");
      arrived();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    /** Resolves with all spans as soon as there are enough. */
    async until(
      enough: (spans: readonly CollectedSpan[]) => boolean,
    ): Promise<readonly CollectedSpan[]> {
      while (!enough(spans)) await new Promise<void>((resolve) => (arrived = resolve));
      return spans;
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

interface ExportedSpans {
  resourceSpans: {
    resource: { attributes: { key: string; value: { stringValue?: string } }[] };
    scopeSpans: { spans: Omit<CollectedSpan, "service">[] }[];
  }[];
}

function spansIn({ resourceSpans }: ExportedSpans): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service =
      resource.attributes.find(({ key }) => key === "service.name")?.value.stringValue ?? "";
    return scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, service })));
  });
}
