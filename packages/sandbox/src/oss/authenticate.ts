import type { AccessKey, TokenOffice } from "../tokens.ts";
import { ossError } from "./oss-error.ts";
import type { OssRequest } from "./oss-request.ts";
import { basicTime, checkEnd, checkPresigned, type PresignedBy, presignedBy } from "./presigned.ts";
import { parseV1, signatureV1 } from "./signature-v1.ts";
import { parseV4, signatureV4 } from "./signature-v4.ts";

export interface Gatekeeper {
  tokens: TokenOffice;
  /** The region that V4 signatures must name. */
  region: string;
  /** Milliseconds since the epoch. */
  now(): number;
}

/** OSS accepts requests whose time is less than 15 minutes off. */
const MAX_SKEW_MS = 15 * 60_000;

/** Whose request this is; its signature, time and token have been checked then. Throws `OssError`. */
export function authenticate(request: OssRequest, gatekeeper: Gatekeeper): AccessKey {
  const authorization = request.headers.authorization;
  const presigned = presignedBy(request);
  if (presigned !== undefined) return authenticateUrl(request, presigned, gatekeeper);
  if (authorization === undefined) throw ossError("AccessDenied", "Anonymous access is forbidden.");
  return authorization.startsWith("OSS4-")
    ? authenticateV4(request, authorization, gatekeeper)
    : authenticateV1(request, authorization, gatekeeper);
}

function authenticateUrl(request: OssRequest, by: PresignedBy, gatekeeper: Gatekeeper): AccessKey {
  if (request.headers.authorization !== undefined) {
    throw ossError("InvalidArgument", "Only one way of signing is allowed.");
  }
  checkEnd(request, by.version, gatekeeper.now());
  const key = keyOf(by.accessKeyId, by.securityToken, gatekeeper);
  checkPresigned(request, by.version, { key, region: gatekeeper.region });
  return key;
}

function authenticateV4(request: OssRequest, header: string, gatekeeper: Gatekeeper): AccessKey {
  const authorization = parseV4(header);
  checkAdditionalHeaders(request, authorization.additionalHeaders);
  // V4 never covers the body (EC 0002-00000214).
  if (request.headers["x-oss-content-sha256"] !== "UNSIGNED-PAYLOAD") {
    const message = "x-oss-content-sha256 must be UNSIGNED-PAYLOAD.";
    throw ossError("InvalidArgument", message, {}, "0002-00000214");
  }
  if (authorization.region !== gatekeeper.region) {
    throw ossError("InvalidArgument", "Invalid signing region in Authorization header.");
  }
  const time = String(request.headers["x-oss-date"] ?? "");
  if (!/^\d{8}T\d{6}Z$/u.test(time) || !time.startsWith(authorization.date)) {
    throw ossError("InvalidArgument", "x-oss-date is missing or isn't the Credential's day.");
  }
  checkTime(basicTime(time), gatekeeper.now());
  const key = keyOf(authorization.accessKeyId, tokenOf(request), gatekeeper);
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

function authenticateV1(request: OssRequest, header: string, gatekeeper: Gatekeeper): AccessKey {
  const authorization = parseV1(header);
  const time = String(request.headers["x-oss-date"] ?? request.headers.date ?? "");
  checkTime(Date.parse(time), gatekeeper.now());
  const key = keyOf(authorization.accessKeyId, tokenOf(request), gatekeeper);
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

/** The table of PROTOCOLS, section 4: unknown, torn, corrupt and expired tokens each have their own answer. */
function keyOf(accessKeyId: string, given: string | undefined, gatekeeper: Gatekeeper): AccessKey {
  const { tokens, now } = gatekeeper;
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
