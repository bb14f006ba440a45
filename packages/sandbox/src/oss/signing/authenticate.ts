import type { AccessKey, TokenIssuer } from "../../tokens/token-issuer.ts";
import { ossError } from "../protocol/oss-error.ts";
import type { OssRequest } from "../protocol/oss-request.ts";
import { basicTime, checkEnd, checkPresigned, type PresignedBy, presignedBy } from "./presigned.ts";
import { parseV1, signatureV1 } from "./signature-v1.ts";
import { parseV4, signatureV4 } from "./signature-v4.ts";

export interface Authenticator {
  tokens: TokenIssuer;
  /** V4 signatures must name this region. */
  region: string;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** OSS accepts requests whose time is off by less than 15 minutes. */
const MAX_SKEW_MS = 15 * 60_000;

/** Checks a request's signature, time and token, and returns the key that signed it. Throws `OssError`. */
export function authenticate(request: OssRequest, authenticator: Authenticator): AccessKey {
  const authorization = request.headers.authorization;
  const presigned = presignedBy(request);
  if (presigned !== undefined) return authenticateUrl(request, presigned, authenticator);
  if (authorization === undefined) throw ossError("AccessDenied", "Anonymous access is forbidden.");
  return authorization.startsWith("OSS4-")
    ? authenticateV4(request, authorization, authenticator)
    : authenticateV1(request, authorization, authenticator);
}

function authenticateUrl(
  request: OssRequest,
  by: PresignedBy,
  authenticator: Authenticator,
): AccessKey {
  if (request.headers.authorization !== undefined) {
    throw ossError("InvalidArgument", "Only one way of signing is allowed.");
  }
  checkEnd(request, by.version, authenticator.now());
  const key = keyOf(by.accessKeyId, by.securityToken, authenticator);
  checkPresigned(request, by.version, { key, region: authenticator.region });
  return key;
}

function authenticateV4(
  request: OssRequest,
  header: string,
  authenticator: Authenticator,
): AccessKey {
  const authorization = parseV4(header);
  checkAdditionalHeaders(request, authorization.additionalHeaders);
  // V4 never covers the body (EC 0002-00000214).
  if (request.headers["x-oss-content-sha256"] !== "UNSIGNED-PAYLOAD") {
    const message = "x-oss-content-sha256 must be UNSIGNED-PAYLOAD.";
    throw ossError("InvalidArgument", message, {}, "0002-00000214");
  }
  if (authorization.region !== authenticator.region) {
    throw ossError("InvalidArgument", "Invalid signing region in Authorization header.");
  }
  const time = String(request.headers["x-oss-date"] ?? "");
  if (!/^\d{8}T\d{6}Z$/u.test(time) || !time.startsWith(authorization.date)) {
    throw ossError("InvalidArgument", "x-oss-date is missing or isn't the Credential's day.");
  }
  checkTime(basicTime(time), authenticator.now());
  const key = keyOf(authorization.accessKeyId, tokenOf(request), authenticator);
  if (signatureV4(request, authorization, time, key) !== authorization.signature) {
    throw ossError("SignatureDoesNotMatch");
  }
  return key;
}

function checkAdditionalHeaders(request: OssRequest, names: readonly string[]): void {
  const isOrdered = names.every((name, n) => n === 0 || (names[n - 1] ?? "") < name);
  const isThere = names.every((name) => request.headers[name] !== undefined);
  if (!isOrdered || !isThere || names.some((name) => name !== name.toLowerCase())) {
    throw ossError("InvalidArgument", "Invalid AdditionalHeaders.");
  }
}

function authenticateV1(
  request: OssRequest,
  header: string,
  authenticator: Authenticator,
): AccessKey {
  const authorization = parseV1(header);
  const time = String(request.headers["x-oss-date"] ?? request.headers.date ?? "");
  checkTime(Date.parse(time), authenticator.now());
  const key = keyOf(authorization.accessKeyId, tokenOf(request), authenticator);
  if (signatureV1(request, key.accessKeySecret) !== authorization.signature) {
    throw ossError("SignatureDoesNotMatch");
  }
  return key;
}

function checkTime(time: number, now: number): void {
  if (Number.isNaN(time)) throw ossError("AccessDenied", "The request has no valid date.");
  if (Math.abs(now - time) < MAX_SKEW_MS) return;
  throw ossError("RequestTimeTooSkewed", undefined, {
    MaxAllowedSkewMilliseconds: String(MAX_SKEW_MS),
    RequestTime: new Date(time).toISOString(),
    ServerTime: new Date(now).toISOString(),
  });
}

/** Finds the key. By PROTOCOLS, section 4, unknown, mismatched, corrupt and expired tokens each have an error of their own. */
function keyOf(
  accessKeyId: string,
  given: string | undefined,
  authenticator: Authenticator,
): AccessKey {
  const { tokens, now } = authenticator;
  const key = tokens.find(accessKeyId);
  const extra = { OSSAccessKeyId: accessKeyId };
  if (key === undefined) throw ossError("InvalidAccessKeyId", undefined, extra);
  if (given !== key.securityToken) {
    if (given === undefined) throw ossError("InvalidAccessKeyId", undefined, extra);
    if (tokens.knows(given)) throw ossError("AccessKeyIdAndSecurityTokenNotMatch");
    throw ossError("InvalidSecurityToken");
  }
  if (key.expiresAt <= now()) throw ossError("SecurityTokenExpired");
  return key;
}

function tokenOf({ headers }: OssRequest): string | undefined {
  const token = headers["x-oss-security-token"];
  return token === undefined ? undefined : String(token);
}
