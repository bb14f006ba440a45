import type { ErrorCode } from "@exhibit/contracts";
import { describe, expect, it } from "vitest";
import { classifyTopError, topError, topErrorResponse } from "../../../src/gateways/top-errors.ts";

const table: [number, string | undefined, ErrorCode][] = [
  ...[4, 5, 6, 7, 8].map((code): [number, undefined, ErrorCode] => [
    code,
    undefined,
    "VENDOR_THROTTLED",
  ]),
  [15, "accesscontrol.limited-by-api-access-count", "VENDOR_THROTTLED"],
  [15, "accesscontrol.limited-by-app-access-count", "VENDOR_THROTTLED"],
  [15, "accesscontrol.limited-by-app-api-access-count", "VENDOR_THROTTLED"],
  [15, "isv.access-limited-by-api-access-count", "VENDOR_THROTTLED"],
  [15, "isv.access-limited-by-app-access-count", "VENDOR_THROTTLED"],
  [15, "isv.access-limited-by-app-api-access-count", "VENDOR_THROTTLED"],
  [10, undefined, "VENDOR_UNAVAILABLE"],
  [15, "isp.top-remote-connection-timeout", "VENDOR_UNAVAILABLE"],
  [15, "isp.top-remote-connection-timeout-tmall", "VENDOR_UNAVAILABLE"],
  [50, "isp.unknown-error", "VENDOR_UNAVAILABLE"],
  [41, "isp.redirect-error", "VENDOR_UNAVAILABLE"],
  [15, undefined, "VENDOR_UNAVAILABLE"],
  [88, undefined, "VENDOR_UNAVAILABLE"],
  [88, "isv.anything", "VENDOR_REFUSED"],
  ...[11, 12, 13, 40, 41, 42, 43].map((code): [number, undefined, ErrorCode] => [
    code,
    undefined,
    "VENDOR_REFUSED",
  ]),
  [15, "isv.invalid-parameter", "VENDOR_REFUSED"],
  [50, "isv.invalid-parameter", "VENDOR_REFUSED"],
  [12345, undefined, "VENDOR_REFUSED"],
  ...[21, 22, 23, 24, 25, 26, 27, 28, 29, 32, 33, 34, 53].map(
    (code): [number, undefined, ErrorCode] => [code, undefined, "VENDOR_MISCONFIGURED"],
  ),
  [25, "isv.invalid-signature", "VENDOR_MISCONFIGURED"],
  [30, undefined, "VENDOR_CLOCK"],
  [31, undefined, "VENDOR_CLOCK"],
  [15, "isv.timestamp-limit-error", "VENDOR_CLOCK"],
];

describe("the platform's errors", () => {
  it.each(table)("classify code %s with sub_code %s as %s", (code, sub_code, expected) => {
    expect(classifyTopError({ code, sub_code }).code).toBe(expected);
  });

  it.each([
    ["This ban will last for 1 more seconds", 1000],
    ["App call limited. This ban will last for 31062 more seconds", 31_062_000],
    ["no word of a time", 1000],
    ["This ban will last for 9999999 more seconds", 86_400_000],
    [undefined, 1000],
  ])("read the pause from %j", (sub_msg, retryAfter) => {
    expect(classifyTopError({ code: 7, sub_msg }).retryAfter).toBe(retryAfter);
  });

  it.each([
    [{ code: 7, msg: null, sub_code: null, sub_msg: null, request_id: null }, "VENDOR_THROTTLED"],
    [{ code: "7" }, "VENDOR_THROTTLED"],
    [{ code: null, sub_code: "isp.x" }, "VENDOR_UNAVAILABLE"],
    [{ code: "none", sub_code: "isp.x" }, "VENDOR_UNAVAILABLE"],
    [{ msg: "no" }, "VENDOR_REFUSED"],
  ])("are classified from %j", (said, expected) => {
    expect(classifyTopError(topErrorResponse.parse(said)).code).toBe(expected);
  });

  it("carry the vendor's own codes and sentences, without our secrets", () => {
    const error = topError(
      "kongur",
      {
        code: 50,
        msg: "Remote service error",
        sub_code: "isv.invalid-parameter",
        sub_msg: "非法参数 s3cret",
        request_id: "r1",
      },
      (text) => text.replaceAll("s3cret", "***"),
    );
    expect(error.message).toBe(
      "kongur: isv.invalid-parameter 非法参数 *** (code 50 Remote service error; request r1)",
    );
    expect(error.details).toEqual({
      vendor: "kongur",
      code: 50,
      msg: "Remote service error",
      sub_code: "isv.invalid-parameter",
      sub_msg: "非法参数 ***",
      request_id: "r1",
    });
  });

  it("are readable when the platform alone speaks", () => {
    const error = topError("kongur", { code: 25, msg: "Invalid signature" }, (text) => text);
    expect(error.message).toBe("kongur: 25 Invalid signature (gateway)");
  });
});
