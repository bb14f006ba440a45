import { type ErrorCode, ExhibitError } from "@exhibit/contracts";
import { z } from "zod";
import { oneLine } from "./answer-text.ts";
import { pauseOf } from "./pause.ts";
import { topOptionalText } from "./top-answer.ts";

/** The platform's `error_response`. Any of its fields may be missing or null. */
export const topErrorResponse = z.object({
  code: topOptionalText.catch(undefined).transform(numberIn).optional(),
  msg: topOptionalText,
  sub_code: topOptionalText,
  sub_msg: topOptionalText,
  request_id: topOptionalText,
});
export type TopErrorResponse = z.output<typeof topErrorResponse>;

export interface TopErrorClass {
  readonly code: ErrorCode;
  /** Milliseconds; only with VENDOR_THROTTLED. */
  readonly retryAfter?: number;
}

/**
 * Milliseconds. Limits per second ban for about a second; the platform only mentions longer bans.
 */
const DEFAULT_BAN = 1000;
const throttlingSubCode = /^(accesscontrol\.limited-by-|isv\.access-limited-by-)/;

/** The platform's own errors. For 15 and 50 ("remote service error") the `sub_code` decides. */
const platformCodes: ReadonlyMap<number, ErrorCode> = new Map<number, ErrorCode>([
  ...only("VENDOR_UNAVAILABLE", [10]),
  // Insufficient permission of the ISV, the user or the partner.
  ...only("VENDOR_REFUSED", [11, 12, 13]),
  // HTTP action, method, format, signature, session, app key.
  ...only("VENDOR_MISCONFIGURED", [9, 21, 22, 23, 24, 25, 26, 27, 28, 29]),
  // Version; security level.
  ...only("VENDOR_MISCONFIGURED", [32, 33, 34, 53]),
  // Missing or invalid arguments, forbidden request, parameter error.
  ...only("VENDOR_REFUSED", [40, 41, 42, 43]),
]);

const throttlingCodes: ReadonlySet<number> = new Set([4, 5, 6, 7, 8]);
const clockCodes: ReadonlySet<number> = new Set([30, 31]);
const remoteServiceCodes: ReadonlySet<number> = new Set([15, 50]);

/** Classifies an `error_response`. All errors of the platform are classified here. */
export function classifyTopError(error: TopErrorResponse): TopErrorClass {
  const code = error.code ?? 0;
  const subCode = error.sub_code ?? "";
  if (throttlingCodes.has(code) || throttlingSubCode.test(subCode)) {
    return { code: "VENDOR_THROTTLED", retryAfter: banOf(error) };
  }
  if (clockCodes.has(code) || subCode === "isv.timestamp-limit-error")
    return { code: "VENDOR_CLOCK" };
  // `isp.*` is a fault of the server, whatever the number: retry with backoff.
  if (subCode.startsWith("isp.")) return { code: "VENDOR_UNAVAILABLE" };
  const known = platformCodes.get(code);
  if (known !== undefined) return { code: known };
  if (subCode.startsWith("isv.")) return { code: "VENDOR_REFUSED" };
  // 88 without a sub_code is a timeout of the authorisation service.
  if (remoteServiceCodes.has(code) || (code === 88 && subCode === "")) {
    return { code: "VENDOR_UNAVAILABLE" };
  }
  return { code: "VENDOR_REFUSED" };
}

/** Returns the error for an `error_response`, with the vendor's own codes and messages. */
export function topError(
  vendor: string,
  error: TopErrorResponse,
  redact: (text: string) => string,
): ExhibitError {
  const { code, retryAfter } = classifyTopError(error);
  const said = (text: string | undefined) =>
    text ? oneLine(redact(text)).slice(0, 500) : undefined;
  const own = [said(error.sub_code), said(error.sub_msg)].filter(Boolean).join(" ");
  const platform = [error.code, said(error.msg)].filter((part) => part !== undefined).join(" ");
  const request = error.request_id ? `; request ${said(error.request_id)}` : "";
  const message = `${vendor}: ${own || platform || "an error without a word"} (${own ? `code ${platform}` : "gateway"}${request})`;
  return new ExhibitError(code, message, {
    details: present({
      vendor,
      code: error.code,
      msg: said(error.msg),
      sub_code: said(error.sub_code),
      sub_msg: said(error.sub_msg),
      request_id: said(error.request_id),
    }),
    ...(retryAfter === undefined ? {} : { retryAfter }),
  });
}

function banOf({ sub_msg = "", msg = "" }: TopErrorResponse): number {
  const seconds = /ban will last for (\d+) more second/i.exec(`${sub_msg} ${msg}`)?.[1];
  return seconds === undefined ? DEFAULT_BAN : Math.max(DEFAULT_BAN, pauseOf(Number(seconds)));
}

function numberIn(text: string | undefined): number | undefined {
  return text === undefined || Number.isNaN(Number(text)) ? undefined : Number(text);
}

function only(code: ErrorCode, numbers: readonly number[]): [number, ErrorCode][] {
  return numbers.map((number) => [number, code]);
}

function present(
  details: Record<string, string | number | undefined>,
): Record<string, string | number> {
  const known = Object.entries(details).filter((entry) => entry[1] !== undefined);
  return Object.fromEntries(known) as Record<string, string | number>;
}
