import { type ErrorCode, ExhibitError } from "@exhibit/contracts";
import { z } from "zod";
import { oneLine } from "./answer-text.ts";

/**
 * The envelope of every answer, except for errors of the gateway itself. Failures may lack `data`.
 */
export const iotAnswer = z.object({
  code: z.union([z.int(), z.string().regex(/^\d+$/).transform(Number)]),
  message: z.string().nullish(),
  localizedMsg: z.string().nullish(),
  data: z.unknown().optional(),
});
type IotAnswer = z.output<typeof iotAnswer>;

/** What a response says about the result of a call. */
export interface IotOutcome {
  readonly status: number;
  /** Set if the body is one. */
  readonly answer: IotAnswer | undefined;
  /** What the body is if it isn't JSON: see `AnswerText`. */
  readonly instead?: string | undefined;
  /** `X-Ca-Error-Message` */
  readonly message: string | undefined;
  /** `X-Ca-Error-Code`: set if the error is the gateway's, not the back end's. */
  readonly errorCode: string | undefined;
  /** `X-Ca-Request-Id` */
  readonly requestId: string | undefined;
  /** Retry-After in milliseconds. */
  readonly retryAfter: number | undefined;
}

/** "Success is code==200", under HTTP 200. */
const SUCCESS = 200;
/** Milliseconds; the gateway names no time for its limits, which are per second or per minute. */
const DEFAULT_PAUSE = 1000;
/** "SQL invoke error": retried once. */
export const SQL_INVOKE_ERROR = 1009;

const throttling = /request limited|throttl/i;
const offTime = /time\s?stamp/i;

/** The codes of bodies with HTTP 200. */
const bodyCodes: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  // Backend service error, HSF invoke timeout, server error.
  [20004, "VENDOR_UNAVAILABLE"],
  [20056, "VENDOR_UNAVAILABLE"],
  [500, "VENDOR_UNAVAILABLE"],
  // Find backend error: no such path, version or stage; authorised error: not this app.
  [20003, "VENDOR_MISCONFIGURED"],
  [401, "VENDOR_MISCONFIGURED"],
  // Backend invalid format, forbidden, parameter error.
  [20055, "VENDOR_REFUSED"],
  [403, "VENDOR_REFUSED"],
  [460, "VENDOR_REFUSED"],
  [SQL_INVOKE_ERROR, "VENDOR_REFUSED"],
]);

/**
 * Classifies a call's outcome; undefined for a success. All errors of the gateway are classified
 * here.
 */
export function classifyIotOutcome(outcome: IotOutcome): ErrorCode | undefined {
  const { status, answer } = outcome;
  const isDelivered = status >= 200 && status < 300;
  if (isDelivered && answer?.code === SUCCESS) return undefined;
  const said = sentencesOf(outcome).join(" ");
  if (status === 429 || throttling.test(said)) return "VENDOR_THROTTLED";
  if (offTime.test(said)) return "VENDOR_CLOCK";
  if (status >= 500 || status === 408) return "VENDOR_UNAVAILABLE";
  // Empty or invalid signature, unknown app key, unaccepted header or path.
  if (!isDelivered) return "VENDOR_MISCONFIGURED";
  if (answer === undefined) return "VENDOR_ANSWER_INVALID";
  return bodyCodes.get(answer.code) ?? "VENDOR_REFUSED";
}

/**
 * Returns the error for an outcome, with the gateway's own codes and messages; undefined for a
 * success.
 */
export function iotError(
  vendor: string,
  outcome: IotOutcome,
  redact: (text: string) => string,
): ExhibitError | undefined {
  const code = classifyIotOutcome(outcome);
  if (code === undefined) return undefined;
  const { status, answer, errorCode, requestId, retryAfter } = outcome;
  const said = oneLine(redact(sentencesOf(outcome).join(" "))).slice(0, 500);
  const own = [answer?.code, said].filter((part) => part !== undefined && part !== "").join(" ");
  const ids = [
    `HTTP ${status}`,
    errorCode && redact(errorCode),
    requestId && `request ${redact(requestId)}`,
  ];
  const came = outcome.instead ?? "JSON, but not of the documented form";
  const sentence =
    code === "VENDOR_ANSWER_INVALID"
      ? `the answer can't be used: it is ${came}`
      : own || `the gateway gave no reason, but ${came}`;
  return new ExhibitError(code, `${vendor}: ${sentence} (${ids.filter(Boolean).join(", ")})`, {
    details: {
      vendor,
      http_status: status,
      ...(answer && { code: answer.code }),
      ...(said !== "" && { message: said }),
      ...(errorCode && { error_code: redact(errorCode) }),
      ...(requestId && { request_id: redact(requestId) }),
    },
    ...(code === "VENDOR_THROTTLED" && { retryAfter: retryAfter ?? DEFAULT_PAUSE }),
  });
}

function sentencesOf({ answer, message }: IotOutcome): string[] {
  const { message: own, localizedMsg } = answer ?? {};
  const said = [message, own, localizedMsg].flatMap((text) => (text ? [withoutText(text)] : []));
  return [...new Set(said)].filter((text) => text !== "");
}

/** How many characters of a message are searched: a long one may take seconds. */
const READ = 2000;

/**
 * For a wrong signature the gateway repeats what it signed: "Invalid Signature, Server
 * StringToSign:…".
 */
function withoutText(sentence: string): string {
  return sentence
    .slice(0, READ)
    .replace(/[\s,;]*(?:server\s*)?string\s?to\s?sign.*$/is, "")
    .trim();
}
