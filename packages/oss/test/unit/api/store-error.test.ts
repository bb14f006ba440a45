import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { toStoreError } from "../../../src/api/store-error.ts";
import { leaseFor } from "../../leases.ts";

const lease = leaseFor("https://oss.example");
const about = { operation: "PutObject", key: "case/1001/a", lease };

function errorOf(
  status: number,
  code: string | undefined,
  headers: Record<string, string> = {},
  more = "",
) {
  const body =
    code === undefined
      ? ""
      : `<Error><Code>${code}</Code><Message>A sentence.</Message><RequestId>R1</RequestId>${more}</Error>`;
  return toStoreError({ response: { status, headers, body: Buffer.from(body) } }, about);
}

describe("toStoreError", () => {
  it.each([
    [403, "SecurityTokenExpired", "LEASE_EXPIRED", "renew-lease"],
    [403, "InvalidAccessKeyId", "LEASE_REJECTED", "renew-lease"],
    [403, "InvalidSecurityToken", "LEASE_REJECTED", "renew-lease"],
    [403, "AccessKeyIdAndSecurityTokenNotMatch", "LEASE_REJECTED", "renew-lease"],
    [403, "SecurityTokenNotSupported", "STORE_DENIED", "never"],
    [403, "SignatureDoesNotMatch", "STORE_SIGNATURE", "never"],
    [403, "AccessDenied", "STORE_DENIED", "never"],
    [403, "UserDisable", "STORE_DENIED", "never"],
    [403, "SecondLevelDomainForbidden", "STORE_DENIED", "never"],
    [403, "RequestTimeTooSkewed", "STORE_CLOCK", "clock"],
    [301, "PermanentRedirect", "STORE_DENIED", "never"],
    [500, "InternalError", "STORE_UNAVAILABLE", "backoff"],
    [503, "ServiceUnavailable", "STORE_UNAVAILABLE", "backoff"],
    [503, "UploadTrafficRateLimitExceeded", "STORE_THROTTLED", "throttle"],
    [503, "TotalQpsLimitExceeded", "STORE_THROTTLED", "throttle"],
    [503, "MetaOperationQpsLimitExceeded", "STORE_THROTTLED", "throttle"],
    [503, "ActiveRequestLimitExceeded", "STORE_THROTTLED", "throttle"],
    [429, "Whatever", "STORE_THROTTLED", "throttle"],
    [400, "RequestTimeout", "STORE_INCOMPLETE", "backoff"],
    [400, "IncompleteBody", "STORE_INCOMPLETE", "backoff"],
    [400, "BadRequest", "STORE_INCOMPLETE", "backoff"],
    [400, "InvalidDigest", "STORE_INCOMPLETE", "backoff"],
    [400, "InvalidCRC64", "STORE_INCOMPLETE", "backoff"],
    [404, "NoSuchUpload", "STORE_UPLOAD_GONE", "backoff"],
    [400, "InvalidPart", "STORE_UPLOAD_GONE", "backoff"],
    [400, "InvalidPartOrder", "STORE_REFUSED", "never"],
    [400, "EntityTooSmall", "STORE_REFUSED", "never"],
    [409, "FileAlreadyExists", "EVIDENCE_CONFLICT", "never"],
    [409, "FileImmutable", "STORE_REFUSED", "never"],
    [404, "NoSuchBucket", "STORE_DENIED", "never"],
    [400, "InvalidObjectName", "STORE_REFUSED", "never"],
    [400, "EntityTooLarge", "STORE_REFUSED", "never"],
    [411, "MissingContentLength", "STORE_REFUSED", "never"],
    [403, undefined, "STORE_DENIED", "never"],
    [502, undefined, "STORE_UNAVAILABLE", "backoff"],
    [400, "constructor", "STORE_REFUSED", "never"],
  ])("reads %i %s as %s", (status, ossCode, code, action) => {
    expect(errorOf(status, ossCode)).toMatchObject({ code, action });
  });

  it("reads an unknown permanent access key id as a denial", () => {
    const permanent = { ...lease, credentials: { ...lease.credentials, accessKeyId: "LTAI5t" } };
    const response = {
      status: 403,
      headers: {},
      body: Buffer.from("<Error><Code>InvalidAccessKeyId</Code></Error>"),
    };
    expect(toStoreError({ response }, { ...about, lease: permanent }).code).toBe("STORE_DENIED");
  });

  it("reads the withdrawal of V1 signatures as a fault of the signature", () => {
    expect(errorOf(403, "AccessDenied", {}, "<EC>0002-00000080</EC>").code).toBe("STORE_SIGNATURE");
  });

  it("passes on the pause that OSS asks for", () => {
    expect(
      errorOf(503, "TotalQpsLimitExceeded", { "x-oss-qos-delay-time": "1500" }).retryAfter,
    ).toBe(1500);
    expect(errorOf(503, "ServiceUnavailable", { "retry-after": "3" })).toMatchObject({
      code: "STORE_THROTTLED",
      retryAfter: 3000,
    });
    expect(errorOf(503, "TotalQpsLimitExceeded").retryAfter).toBeUndefined();
  });

  it("repeats OSS's code, message, EC and request id", () => {
    const error = errorOf(403, "AccessDenied", {}, "<EC>0003-00000001</EC>");
    expect(error.message).toBe(
      'OSS answered PutObject of "case/1001/a" in bucket evidence with 403 AccessDenied: A sentence. (EC 0003-00000001, request id R1)',
    );
    expect(error.details).toMatchObject({
      oss_status: 403,
      oss_code: "AccessDenied",
      oss_ec: "0003-00000001",
      oss_request_id: "R1",
    });
  });

  it("reads the response to HEAD from its header", () => {
    const xml = Buffer.from(
      "<Error><Code>SecurityTokenExpired</Code><Message>Over &amp; out</Message></Error>",
    ).toString("base64");
    expect(errorOf(403, undefined, { "x-oss-err": xml, "x-oss-request-id": "R2" })).toMatchObject({
      code: "LEASE_EXPIRED",
      message: expect.stringContaining("Over & out (request id R2)"),
    });
  });

  it("says nothing about the credentials or the string to sign", () => {
    const { accessKeyId, accessKeySecret, securityToken } = lease.credentials;
    const body = Buffer.from(
      `<Error><Code>SignatureDoesNotMatch</Code><Message>Not for ${securityToken} and ${accessKeySecret}</Message>` +
        `<OSSAccessKeyId>${accessKeyId}</OSSAccessKeyId><StringToSign>PUT x-oss-security-token:${securityToken}</StringToSign></Error>`,
    );
    const seen = inspect(toStoreError({ response: { status: 403, headers: {}, body } }, about), {
      depth: null,
    });
    for (const secret of [accessKeyId, accessKeySecret, securityToken, "StringToSign"])
      expect(seen).not.toContain(secret);
  });

  it("reads a broken connection as an outage, with its cause", () => {
    const thrown = Object.assign(new Error("socket hang up"), { code: "ECONNRESET" });
    expect(toStoreError({ thrown }, about)).toMatchObject({
      code: "STORE_UNAVAILABLE",
      cause: thrown,
    });
  });
});
