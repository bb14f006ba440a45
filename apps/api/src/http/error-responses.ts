import {
  type ErrorCode,
  ExhibitError,
  errorTable,
  PROBLEM_TYPE,
  type Problem,
  toExhibitError,
  visible,
} from "@exhibit/contracts";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { traceIdOf } from "./tracing.ts";
import { RequestFaults } from "./validator.ts";

/** How many faults one response names; a request with ten thousand folders could have as many. */
const MAX_FAULTS = 20;

/** How many characters of a field's name are shown; the sender chooses its length. */
const MAX_FIELD_LENGTH = 200;

/** How many characters of a fault are shown: five names that nothing knows, each of forty. */
const MAX_REASON_LENGTH = 500;

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
  /** In milliseconds. */
  readonly retryAfter?: number | undefined;
}

const answeredCodes = new WeakMap<FastifyRequest, ErrorCode>();

/** Returns the code that a request was answered with; undefined for a success. */
export function answeredCodeOf(request: FastifyRequest): ErrorCode | undefined {
  return answeredCodes.get(request);
}

/**
 * Gives all failures, ours and Fastify's, one form of response: problem details (RFC 9457).
 * `methodsAt` returns the methods that a path supports, none for an unknown path.
 */
export function sendErrorsUniformly(
  app: FastifyInstance,
  methodsAt: (path: string) => readonly string[],
): void {
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?")[0] ?? "";
    const methods = methodsAt(path);
    if (methods.length > 0) {
      reply.header("allow", methods.join(", "));
      const message = `${path} supports ${methods.join(" and ")}, not ${request.method}.`;
      return sendError(new ExhibitError("METHOD_NOT_ALLOWED", message), request, reply);
    }
    const message = `There is no ${request.method} ${path}; GET / lists what there is.`;
    return sendError(new ExhibitError("NOT_FOUND", message), request, reply);
  });
}

/**
 * Sends an error with the status, remedy and details of its code, and logs those with a status from
 * 500 on.
 */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const failure = failureOf(error, request);
  answeredCodes.set(request, failure.code);
  const { retryAfter } = failure;
  const { status } = errorTable[failure.code];
  if (isFaultOfOurs(failure)) request.log.error({ err: error }, "the request failed");
  const answer = problemOf(failure, request.id, traceIdOf(request));
  if (retryAfter !== undefined) reply.header("retry-after", Math.ceil(retryAfter / 1000));
  // Serialized here, so that a fault in a route's response schema can't hide the failure.
  return reply
    .code(status)
    .type(`${PROBLEM_TYPE}; charset=utf-8`)
    .serializer((payload: Problem) => JSON.stringify(payload))
    .send(answer);
}

/** Shedding load is no fault, and a line for each request that is shed would be more load. */
function isFaultOfOurs({ code }: Failure): boolean {
  return errorTable[code].status >= 500 && code !== "OVERLOADED";
}

/** Returns the body of a response that isn't a success. */
export function problemOf(
  { code, message, details }: Failure,
  requestId: string,
  traceId?: string,
): Problem {
  const { status, meaning, remedy } = errorTable[code];
  return {
    type: `/v1/errors#${code}`,
    title: meaning,
    status,
    detail: message,
    instance: `urn:uuid:${requestId}`,
    code,
    remedy,
    details,
    ...(traceId === undefined ? {} : { trace_id: traceId }),
  };
}

function failureOf(error: unknown, request: FastifyRequest): Failure {
  if (error instanceof ExhibitError) {
    const { code, message, details, retryAfter } = error;
    return { code, message, details, retryAfter };
  }
  if (error instanceof RequestFaults) return invalid(error);
  if (isFault(error)) return faultOf(error, request);
  // An unknown error may contain anything: it goes to the log, and the response has only the trace
  // id.
  const { code } = toExhibitError(error);
  return { code, message: errorTable[code].meaning, details: {} };
}

/**
 * Recognizes Fastify's own refusals: malformed JSON, a body that is too large, another media type.
 */
function isFault(error: unknown): error is FastifyError {
  if (!(error instanceof Error) || !("statusCode" in error)) return false;
  const { statusCode } = error;
  return typeof statusCode === "number" && statusCode >= 400 && statusCode < 500;
}

function faultOf({ statusCode, message }: FastifyError, request: FastifyRequest): Failure {
  if (statusCode === 413) {
    const limit = request.routeOptions.bodyLimit / (1024 * 1024);
    const sentence = `The body is larger than the ${limit} MiB that this route accepts.`;
    return { code: "BODY_TOO_LARGE", message: sentence, details: {} };
  }
  if (statusCode !== 415) return { code: "REQUEST_INVALID", message, details: {} };
  const sentence = "The body must be JSON in UTF-8, sent with `content-type: application/json`.";
  return { code: "MEDIA_TYPE_UNSUPPORTED", message: sentence, details: {} };
}

function invalid(error: RequestFaults & Pick<FastifyError, "validationContext">): Failure {
  const { faults } = error;
  const place = placeOf(error.validationContext);
  const named = faults.slice(0, MAX_FAULTS).map(({ field, reason }) => ({
    field: visible(field.slice(0, MAX_FIELD_LENGTH)),
    reason: visible(reason.slice(0, MAX_REASON_LENGTH)),
  }));
  const sentences = named.map(({ field, reason }) =>
    field === "" ? reason : `${field}: ${reason}`,
  );
  const more = faults.length - named.length;
  const rest = more > 0 ? `; and ${more} more` : "";
  return {
    code: "REQUEST_INVALID",
    message: `The request's ${place} is invalid: ${sentences.join("; ")}${rest}.`,
    details: { in: place, fields: named },
  };
}

/** Returns the usual word for a part of a request that Fastify names. */
function placeOf(part: string | undefined): string {
  if (part === "querystring") return "query";
  return part ?? "body";
}
