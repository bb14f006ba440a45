import { type ErrorCode, ExhibitError, errorCodes, problem } from "@exhibit/contracts";

/** Makes SERVICE_UNREACHABLE, with the API's address and why nothing came from it. */
export function unreachable(url: string, cause: unknown): ExhibitError {
  return new ExhibitError(
    "SERVICE_UNREACHABLE",
    `No Exhibit API answers at ${url}${reasonOf(cause)}.`,
    { cause, details: { url, sent: !isNotSent(cause) } },
  );
}

/** Makes INTERNAL for a response that no Exhibit API sends. `call` is method and path. */
export function notOfTheApi(call: string, cause: unknown): ExhibitError {
  return new ExhibitError(
    "INTERNAL",
    `The response to ${call} isn't one of the Exhibit API. Is EXHIBIT_API_URL the address of another server?`,
    { cause },
  );
}

/**
 * Returns the error that a response reports: the API's own code, message and details, or INTERNAL when
 * the body isn't a problem of the API.
 */
export async function errorOf(response: Response, call: string): Promise<ExhibitError> {
  const result = problem.safeParse(await response.json().catch(() => undefined));
  if (!result.success) {
    return new ExhibitError(
      "INTERNAL",
      `${call} was answered with HTTP status ${response.status}.`,
    );
  }
  const { code, detail, details, trace_id } = result.data;
  const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN) * 1000;
  return new ExhibitError(isErrorCode(code) ? code : "INTERNAL", detail, {
    details: { ...plainDetails(details), ...(trace_id === undefined ? {} : { trace_id }) },
    ...(Number.isNaN(retryAfter) ? {} : { retryAfter }),
  });
}

/** The system's codes for a server to which no connection was made. */
const notConnected = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

/** Returns whether it is certain that the server got no request. */
function isNotSent(thrown: unknown): boolean {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  return cause instanceof Error && "code" in cause && notConnected.has(String(cause.code));
}

/** `fetch` itself says only "fetch failed"; the reason is in its cause. */
function reasonOf(thrown: unknown): string {
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
  if (!(cause instanceof Error)) return "";
  if (cause.name === "TimeoutError") return " (it took too long)";
  const code = "code" in cause && typeof cause.code === "string" ? cause.code : cause.message;
  return code === "" ? "" : ` (${code})`;
}

function isErrorCode(code: string): code is ErrorCode {
  return (errorCodes as string[]).includes(code);
}

function plainDetails(details: Record<string, unknown>): Record<string, string | number | boolean> {
  const entries = Object.entries(details).map(([key, value]) =>
    typeof value === "string" || typeof value === "number" || typeof value === "boolean"
      ? ([key, value] as const)
      : ([key, JSON.stringify(value)] as const),
  );
  return Object.fromEntries(entries);
}
