import { type ErrorCode, ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";
import type { HttpResponse } from "../http/response.ts";
import { delayOf, fieldsOf, isPage } from "./failed-response.ts";
import type { Operation } from "./operation.ts";
import { withoutSecrets } from "./redaction.ts";

/**
 * Our codes for OSS's (PROTOCOLS.md 4 and 5.5). For a code that isn't here the HTTP status decides.
 */
const codes: Readonly<Record<string, ErrorCode>> = {
  SecurityTokenExpired: "LEASE_EXPIRED",
  InvalidSecurityToken: "LEASE_REJECTED",
  AccessKeyIdAndSecurityTokenNotMatch: "LEASE_REJECTED",
  SignatureDoesNotMatch: "STORE_SIGNATURE",
  RequestTimeTooSkewed: "STORE_CLOCK",
  NoSuchBucket: "STORE_DENIED",
  InvalidBucketName: "STORE_DENIED",
  TransferAccelerationDisabled: "STORE_DENIED",
  UploadTrafficRateLimitExceeded: "STORE_THROTTLED",
  DownloadTrafficRateLimitExceeded: "STORE_THROTTLED",
  TotalQpsLimitExceeded: "STORE_THROTTLED",
  MetaOperationQpsLimitExceeded: "STORE_THROTTLED",
  ActiveRequestLimitExceeded: "STORE_THROTTLED",
  SlowDown: "STORE_THROTTLED",
  RequestTimeout: "STORE_INCOMPLETE",
  IncompleteBody: "STORE_INCOMPLETE",
  BadRequest: "STORE_INCOMPLETE",
  InvalidDigest: "STORE_INCOMPLETE",
  InvalidCRC64: "STORE_INCOMPLETE",
  NoSuchUpload: "STORE_UPLOAD_GONE",
  InvalidPart: "STORE_UPLOAD_GONE",
  FilePartNotExist: "STORE_UPLOAD_GONE",
  FileAlreadyExists: "EVIDENCE_CONFLICT",
};

/** OSS refuses a signed URL that has ended with AccessDenied; only the message says why. */
const URL_ENDED = /has expired/i;

/** "OSS no longer supports V1 signatures": an AccessDenied that another signature version fixes. */
const V1_WITHDRAWN = "0002-00000080";
/** Characters of OSS's message that ours repeats at most. */
const MAX_SENTENCE = 500;

/**
 * Returns our error for a response of OSS that is no success, or for a broken connection: the only
 * place where these are translated. `progress` says how far the request had come. The error repeats
 * OSS's code, message, EC and request id, but nothing that a response says about the credentials or
 * the string to sign.
 */
export function toStoreError(
  failure: { response: HttpResponse } | { thrown: unknown; progress?: string },
  operation: Operation,
): ExhibitError {
  if ("response" in failure) return responseError(failure.response, operation);
  if (failure.thrown instanceof ExhibitError) return failure.thrown;
  const { thrown } = failure;
  const sentence = thrown instanceof Error ? thrown.message : String(thrown);
  const { progress = "" } = failure;
  return new ExhibitError(
    "STORE_UNAVAILABLE",
    `${operation.operation} of ${quoted(operation)} got no response${progress}: ${withoutSecrets(sentence, operation.lease)}`,
    { cause: thrown, details: { operation: operation.operation, ...detailsOf(operation) } },
  );
}

/** Returns whether OSS refused to write because an object is there already. */
export function isAlreadyThere(error: unknown): boolean {
  return error instanceof ExhibitError && error.details.oss_code === "FileAlreadyExists";
}

/** Returns whether OSS may have carried the request out although it didn't tell us of a success. */
export function isUncertain(error: unknown): boolean {
  if (!(error instanceof ExhibitError)) return false;
  const status = error.details.oss_status;
  const isRefused = Number(status) >= 300 && Number(status) < 500;
  return error.code === "STORE_UNAVAILABLE" && !isRefused;
}

/** Returns whether OSS decided on the request: it was neither down nor short of time. */
export function isDecision(error: unknown): boolean {
  if (!(error instanceof ExhibitError) || error.details.oss_status === undefined) return false;
  return error.code !== "STORE_UNAVAILABLE" && error.code !== "STORE_THROTTLED";
}

/** Returns whether OSS doesn't know the multipart upload, or lacks some of its parts. */
export function isUploadGone(error: unknown): boolean {
  return error instanceof ExhibitError && error.code === "STORE_UPLOAD_GONE";
}

function responseError(response: HttpResponse, operation: Operation): ExhibitError {
  const { status, headers } = response;
  const { code, ec, requestId, message } = fieldsOf(response);
  const said = message ?? oddityOf(response, operation, code);
  const sentence = withoutSecrets(said, operation.lease).slice(0, MAX_SENTENCE);
  const ids = [ec && `EC ${ec}`, requestId && `request id ${requestId}`].filter(Boolean).join(", ");
  const text = [
    `OSS answered ${operation.operation} of ${quoted(operation)} with ${status}${code ? ` ${code}` : ""}`,
    sentence === "" ? "" : `: ${sentence}`,
    ids === "" ? "" : ` (${ids})`,
  ].join("");
  const retryAfter = delayOf(headers);
  const hasEnded = operation.lease.object?.uploadUrl !== undefined && URL_ENDED.test(sentence);
  const ours = hasEnded ? "LEASE_EXPIRED" : ourCode(response, code, ec, operation.lease);
  return new ExhibitError(ours, text, {
    details: {
      operation: operation.operation,
      ...detailsOf(operation),
      oss_status: status,
      ...(code && { oss_code: code }),
      ...(ec && { oss_ec: ec }),
      ...(requestId && { oss_request_id: requestId }),
    },
    ...(retryAfter !== undefined && { retryAfter }),
  });
}

/** Says what a failed response is that has no message of OSS. */
function oddityOf(response: HttpResponse, { root }: Operation, code: string | undefined): string {
  if (isPage(response)) {
    return "a page for people, so it wasn't OSS that answered, but something in between (a proxy, a firewall, a portal to sign in to)";
  }
  return response.status < 300 && code === undefined ? `its body isn't a ${root}` : "";
}

function ourCode(
  { status, headers }: HttpResponse,
  code: string | undefined,
  ec: string | undefined,
  lease: Lease,
): ErrorCode {
  if (ec === V1_WITHDRAWN) return "STORE_SIGNATURE";
  // A temporary id that "does not exist" may as well have ended; a permanent one is wrong.
  const isTemporary =
    lease.credentials.accessKeyId.startsWith("STS.") || lease.object?.uploadUrl !== undefined;
  if (code === "InvalidAccessKeyId" && isTemporary) return "LEASE_REJECTED";
  const known =
    code === undefined ? undefined : Object.hasOwn(codes, code) ? codes[code] : undefined;
  if (known !== undefined) return known;
  if (status === 429) return "STORE_THROTTLED";
  if (status === 503 && delayOf(headers) !== undefined) return "STORE_THROTTLED";
  if (status >= 500 || status === 408) return "STORE_UNAVAILABLE";
  if (status < 300) return "STORE_UNAVAILABLE";
  // A redirect says that another endpoint or region has the bucket.
  if (status === 403 || (status >= 300 && status < 400)) return "STORE_DENIED";
  return "STORE_REFUSED";
}

function detailsOf({ key, lease }: Operation) {
  return { bucket: lease.bucket.name, key, lease_id: lease.id };
}

function quoted({ key, lease }: Operation): string {
  return `${JSON.stringify(key)} in bucket ${lease.bucket.name}`;
}
