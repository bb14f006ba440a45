import {
  type Attributes,
  type Context,
  context,
  propagation,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { healthChecks } from "./health-checks.ts";

interface RequestTrace {
  readonly span: Span;
  readonly context: Context;
}

const traces = new WeakMap<FastifyRequest, RequestTrace>();

/** Returns the id of a request's trace; undefined when telemetry is off. */
export function traceIdOf(request: FastifyRequest): string | undefined {
  const spanContext = traces.get(request)?.span.spanContext();
  return spanContext !== undefined && trace.isSpanContextValid(spanContext)
    ? spanContext.traceId
    : undefined;
}

/**
 * Starts a server span for each request, as a child of the caller's (W3C trace context), and makes
 * it active for the handler, so that the jobs that the handler enqueues belong to the same trace.
 *
 * These are hooks of our own instead of @fastify/otel, which brings a second version of the
 * instrumentation library and patches modules, so that it has to be loaded before them.
 */
export function traceRequests(app: FastifyInstance): void {
  app.addHook("onRequest", async (request) => startTrace(request));
  // The context is entered around the handler and not in onRequest, because reading the body would
  // lose it.
  app.addHook("onRoute", (route) => {
    const { handler } = route;
    route.handler = function (request, reply) {
      const active = traces.get(request)?.context ?? context.active();
      return context.with(active, () => handler.call(this, request, reply));
    };
  });
  app.addHook("onError", async (request, _, error) => recordError(request, error));
  app.addHook("onResponse", async (request, reply) => endTrace(request, reply.statusCode));
}

function startTrace(request: FastifyRequest): void {
  const route = request.routeOptions.url;
  // Nobody looks for their traces.
  if (healthChecks.has(route)) return;
  const parent = propagation.extract(context.active(), request.headers);
  const name = route === undefined ? request.method : `${request.method} ${route}`;
  const span = trace
    .getTracer("exhibit")
    .startSpan(name, { kind: SpanKind.SERVER, attributes: attributesOf(request) }, parent);
  traces.set(request, { span, context: trace.setSpan(parent, span) });
}

/** Attribute names follow OpenTelemetry's conventions for HTTP. */
function attributesOf(request: FastifyRequest): Attributes {
  const route = request.routeOptions.url;
  return {
    "http.request.method": request.method,
    "url.path": request.url.split("?")[0] ?? "",
    "url.scheme": request.protocol,
    ...(route === undefined ? {} : { "http.route": route }),
  };
}

function recordError(request: FastifyRequest, error: Error): void {
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  traces.get(request)?.span.setAttribute("error.type", code);
}

function endTrace(request: FastifyRequest, status: number): void {
  const span = traces.get(request)?.span;
  span?.setAttribute("http.response.status_code", status);
  // By the conventions a client's fault isn't an error of the server's span.
  if (status >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
  span?.end();
}
