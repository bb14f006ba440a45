import type { IncomingHttpHeaders } from "node:http";
import { type ErrorCode, ExhibitError } from "@exhibit/contracts";
import type { Lease } from "@exhibit/credentials";

/** What OSS answered, read whole. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** What was asked. */
export interface About {
  /** OSS's name of the operation, such as `PutObject`. */
  operation: string;
  key: string;
  lease: Lease;
  /** The root of the XML that a success brings; undefined when it brings none. */
  root?: string;
}

/** OSS's codes (PROTOCOLS.md 4 and 5.5). What isn't here goes by its HTTP status. */
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

/** What a signed URL that has ended is refused with: an AccessDenied whose sentence alone says why. */
const URL_ENDED = /has expired/i;

/** "OSS no longer supports V1 signatures": an AccessDenied that a change of the signature version mends. */
const V1_WITHDRAWN = "0002-00000080";
const MAX_SENTENCE = 500;

const ERROR = /^\s*(?:<\?xml[^>]*>\s*)?<Error[\s>]/;
const PAGE = /^\s*<(?:!doctype html|html)[\s>]/i;

/**
 * Whether an answer is no success. Its status alone doesn't tell: "200 OK" may have gone out before OSS knew that it would
 * fail, which it then says in the body; and a portal that wants people to sign in answers everything with 200 and a page.
 */
export function isFault(answer: Answer, { root }: About): boolean {
  const { status, body } = answer;
  if (status < 200 || status >= 300 || isPage(answer)) return true;
  if (body.length === 0) return false;
  const text = body.toString();
  return ERROR.test(text) || (root !== undefined && !new RegExp(`<${root}[\\s/>]`).test(text));
}

/** A page for people, which OSS never answers with; the answer to HEAD has only its type, which an object of OSS may have, too. */
function isPage({ headers, body }: Answer): boolean {
  if (body.length > 0) return PAGE.test(body.toString("latin1", 0, 64));
  const isHtml = headers["content-type"]?.startsWith("text/html") === true;
  return isHtml && headers["x-oss-request-id"] === undefined;
}

/**
 * The one place where an answer of OSS that isn't a success, or a broken connection, becomes our error. `progress` says how far
 * the request had come. OSS's code,
 * sentence, EC and request id are in it; what an answer says of the credentials or of the string to sign is not.
 */
export function toStoreError(
  failure: { answer: Answer } | { thrown: unknown; progress?: string },
  about: About,
): ExhibitError {
  if ("answer" in failure) return answerError(failure.answer, about);
  if (failure.thrown instanceof ExhibitError) return failure.thrown;
  const { thrown } = failure;
  const sentence = thrown instanceof Error ? thrown.message : String(thrown);
  const { progress = "" } = failure;
  return new ExhibitError(
    "STORE_UNAVAILABLE",
    `${about.operation} of ${quoted(about)} had no answer${progress}: ${withoutSecrets(sentence, about.lease)}`,
    { cause: thrown, details: { operation: about.operation, ...place(about) } },
  );
}

/** Whether OSS refused to write because an object is there already. */
export function isAlreadyThere(error: unknown): boolean {
  return error instanceof ExhibitError && error.details.oss_code === "FileAlreadyExists";
}

/** Whether OSS may have carried the request out although we have no success from it. */
export function isUncertain(error: unknown): boolean {
  if (!(error instanceof ExhibitError)) return false;
  const status = error.details.oss_status;
  const isAnswer = Number(status) >= 300 && Number(status) < 500;
  return error.code === "STORE_UNAVAILABLE" && !isAnswer;
}

/** Whether it is OSS that says so, and neither that it can't nor that it has no time. */
export function isAnswer(error: unknown): boolean {
  if (!(error instanceof ExhibitError) || error.details.oss_status === undefined) return false;
  return error.code !== "STORE_UNAVAILABLE" && error.code !== "STORE_THROTTLED";
}

/** What an aborted `signal` ends the work with. */
export function interrupted(signal: AbortSignal): ExhibitError {
  return new ExhibitError("INTERRUPTED", "The upload was stopped before it ended.", {
    cause: signal.reason,
  });
}

function answerError(answer: Answer, about: About): ExhibitError {
  const { code, ec, requestId, message } = fieldsOf(answer);
  const said = message ?? strangeness(answer, about, code);
  const sentence = withoutSecrets(said, about.lease).slice(0, MAX_SENTENCE);
  const ids = [ec && `EC ${ec}`, requestId && `request id ${requestId}`].filter(Boolean).join(", ");
  const text = [
    `OSS answered ${about.operation} of ${quoted(about)} with ${answer.status}${code ? ` ${code}` : ""}`,
    sentence === "" ? "" : `: ${sentence}`,
    ids === "" ? "" : ` (${ids})`,
  ].join("");
  const retryAfter = delayOf(answer.headers);
  const ended = about.lease.object?.uploadUrl !== undefined && URL_ENDED.test(sentence);
  const ours = ended ? "LEASE_EXPIRED" : ourCode(answer, code, ec, about.lease);
  return new ExhibitError(ours, text, {
    details: {
      operation: about.operation,
      ...place(about),
      oss_status: answer.status,
      ...(code && { oss_code: code }),
      ...(ec && { oss_ec: ec }),
      ...(requestId && { oss_request_id: requestId }),
    },
    ...(retryAfter !== undefined && { retryAfter }),
  });
}

/** What an answer without a sentence of OSS is instead. */
function strangeness(answer: Answer, { root }: About, code: string | undefined): string {
  if (isPage(answer)) {
    return "a page for people, so it wasn't OSS that answered, but something in between (a proxy, a firewall, a portal to sign in to)";
  }
  return answer.status < 300 && code === undefined ? `its body isn't a ${root}` : "";
}

function ourCode(
  answer: Answer,
  code: string | undefined,
  ec: string | undefined,
  lease: Lease,
): ErrorCode {
  if (ec === V1_WITHDRAWN) return "STORE_SIGNATURE";
  // A temporary id that "does not exist" may as well have ended; a permanent one is wrong.
  const temporary =
    lease.credentials.accessKeyId.startsWith("STS.") || lease.object?.uploadUrl !== undefined;
  if (code === "InvalidAccessKeyId" && temporary) return "LEASE_REJECTED";
  const known =
    code === undefined ? undefined : Object.hasOwn(codes, code) ? codes[code] : undefined;
  if (known !== undefined) return known;
  if (answer.status === 429) return "STORE_THROTTLED";
  if (answer.status === 503 && delayOf(answer.headers) !== undefined) return "STORE_THROTTLED";
  if (answer.status >= 500 || answer.status === 408) return "STORE_UNAVAILABLE";
  if (answer.status < 300) return "STORE_UNAVAILABLE";
  // A redirect says that another endpoint or region has the bucket.
  if (answer.status === 403 || (answer.status >= 300 && answer.status < 400)) return "STORE_DENIED";
  return "STORE_REFUSED";
}

/** The answer to HEAD has no body: OSS puts the same XML, as Base64, into a header. */
function fieldsOf({ headers, body }: Answer) {
  const inHeader = headers["x-oss-err"];
  const xml =
    body.length > 0 || typeof inHeader !== "string"
      ? body.toString()
      : Buffer.from(inHeader, "base64").toString();
  return {
    code: element(xml, "Code"),
    message: element(xml, "Message"),
    ec: element(xml, "EC") ?? text(headers["x-oss-ec"]),
    requestId: text(headers["x-oss-request-id"]) ?? element(xml, "RequestId"),
  };
}

function element(xml: string, name: string): string | undefined {
  const found = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]?.trim();
  return found === undefined || found === "" ? undefined : unescapeXml(found);
}

const entities: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  amp: "&",
};

function unescapeXml(text: string): string {
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (whole, name: string) => entities[name] ?? whole);
}

/** Milliseconds that OSS asks us to wait: `x-oss-qos-delay-time` is in milliseconds, `Retry-After` in seconds. */
function delayOf(headers: IncomingHttpHeaders): number | undefined {
  const delay = Number(text(headers["x-oss-qos-delay-time"]) ?? Number.NaN);
  const after = Number(headers["retry-after"] ?? Number.NaN) * 1000;
  return [delay, after].find((milliseconds) => Number.isFinite(milliseconds) && milliseconds >= 0);
}

function withoutSecrets(sentence: string, { credentials, object }: Lease): string {
  const { accessKeySecret, securityToken, accessKeyId } = credentials;
  return (
    [...urlSecrets(object?.uploadUrl), accessKeySecret, securityToken, accessKeyId]
      .filter((secret) => secret !== "")
      // Longer ones first, as one may be a part of another.
      .sort((a, b) => b.length - a.length)
      .reduce((masked, secret) => masked.replaceAll(secret, "***"), sentence)
  );
}

/** A signed URL's query, and the parts of it that are no mere names and numbers, as they are and decoded. */
function urlSecrets(url = ""): string[] {
  const [, query = ""] = url.split("?", 2);
  const values = query.split("&").map((pair) => pair.slice(pair.indexOf("=") + 1));
  const decoded = [...new URLSearchParams(query).values()];
  return [query, ...values, ...decoded].filter((value) => value.length >= 20);
}

function place({ key, lease }: About) {
  return { bucket: lease.bucket.name, key, lease_id: lease.id };
}

function quoted({ key, lease }: About): string {
  return `${JSON.stringify(key)} in bucket ${lease.bucket.name}`;
}

function text(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" && header !== "" ? header : undefined;
}
