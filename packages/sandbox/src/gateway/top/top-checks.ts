import { sandboxAccount } from "../../accounts.ts";
import { readPlatformTime } from "./platform-time.ts";
import type { TopFormat } from "./top-envelope.ts";
import { topError } from "./top-error.ts";
import { type SignMethod, signMethods, topSignature } from "./top-signature.ts";

export type Parameters = ReadonlyMap<string, string>;

/** TOP accepts requests whose timestamp is within 10 minutes of its clock. */
const TOLERANCE_MS = 10 * 60_000;

/** Returns the format that the caller wants. Throws `TopError` 23 or 41. */
export function readFormat(parameters: Parameters): TopFormat {
  const format = parameters.get("format") || "xml";
  if (format !== "json" && format !== "xml") throw topError(23);
  const simplify = parameters.get("simplify") || "false";
  if (simplify !== "true" && simplify !== "false") {
    throw topError(41, "isv.invalid-parameter:simplify", "simplify is true or false");
  }
  return { format, simplify: simplify === "true" };
}

/** Checks the common parameters (PROTOCOLS, section 1.2). Throws `TopError`. */
export function checkCommonParameters(parameters: Parameters, now: number): void {
  const appKey = parameters.get("app_key");
  if (!appKey) throw topError(28);
  if (appKey !== sandboxAccount.appKey) throw topError(29, "isv.appkey-not-exists");
  const version = parameters.get("v");
  if (!version) throw topError(32);
  if (version !== "2.0") throw topError(33);
  checkTimestamp(parameters.get("timestamp"), now);
  checkSignature(parameters);
}

function checkTimestamp(text: string | undefined, now: number): void {
  if (!text) throw topError(30);
  const time = readPlatformTime(text);
  if (!(Math.abs(now - time) <= TOLERANCE_MS)) {
    throw topError(31, "isv.timestamp-limit-error", "timestamp is more than 10 minutes off");
  }
}

function checkSignature(parameters: Parameters): void {
  const sign = parameters.get("sign");
  if (!sign) throw topError(24);
  const method = parameters.get("sign_method");
  if (!isSignMethod(method)) {
    throw topError(25, "isv.invalid-sign-method", "sign_method is md5, hmac or hmac-sha256");
  }
  if (sign !== topSignature(parameters, method, sandboxAccount.appSecret)) throw topError(25);
}

function isSignMethod(text: string | undefined): text is SignMethod {
  return signMethods.some((method) => method === text);
}
