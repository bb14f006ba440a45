import { describe, expect, it } from "vitest";
import {
  classifyIotOutcome,
  type IotOutcome,
  iotAnswer,
  iotError,
} from "../../../src/gateways/iot-errors.ts";

const nothing: IotOutcome = {
  status: 200,
  answer: undefined,
  message: undefined,
  errorCode: undefined,
  requestId: undefined,
  retryAfter: undefined,
};
const inBody = (code: number, message = "said"): IotOutcome => ({
  ...nothing,
  answer: { code, message, localizedMsg: null, data: null },
});
const byGateway = (status: number, message: string): IotOutcome => ({
  ...nothing,
  status,
  message,
});
const hide = (text: string) => text.replaceAll("app-secret", "***");

describe("an outcome of the IoT gateway", () => {
  it("is a success only when the body says 200 as well", () => {
    expect(classifyIotOutcome(inBody(200))).toBeUndefined();
    expect(classifyIotOutcome({ ...inBody(200), status: 503 })).toBe("VENDOR_UNAVAILABLE");
    expect(classifyIotOutcome(nothing)).toBe("VENDOR_ANSWER_INVALID");
  });

  it.each([
    [20004, "VENDOR_UNAVAILABLE"],
    [20056, "VENDOR_UNAVAILABLE"],
    [500, "VENDOR_UNAVAILABLE"],
    [20003, "VENDOR_MISCONFIGURED"],
    [401, "VENDOR_MISCONFIGURED"],
    [20055, "VENDOR_REFUSED"],
    [403, "VENDOR_REFUSED"],
    [460, "VENDOR_REFUSED"],
    [1009, "VENDOR_REFUSED"],
    [77, "VENDOR_REFUSED"],
  ])("with code %i in the body is %s", (code, ours) => {
    expect(classifyIotOutcome(inBody(code))).toBe(ours);
  });

  it.each([
    [500, "Internal Error", "VENDOR_UNAVAILABLE"],
    [500, "Failed To Call Backend Service", "VENDOR_UNAVAILABLE"],
    [503, "Service Unavailable", "VENDOR_UNAVAILABLE"],
    [504, "Async Service", "VENDOR_UNAVAILABLE"],
    [403, "Request Limited", "VENDOR_THROTTLED"],
    [403, "Throttled by USER Flow Control", "VENDOR_THROTTLED"],
    [429, "", "VENDOR_THROTTLED"],
    [403, "Unauthorized", "VENDOR_MISCONFIGURED"],
    [401, "Empty Signature", "VENDOR_MISCONFIGURED"],
    [400, "Request Format Error", "VENDOR_MISCONFIGURED"],
    [400, "Invalid Timestamp", "VENDOR_CLOCK"],
    [404, "", "VENDOR_MISCONFIGURED"],
    [302, "", "VENDOR_MISCONFIGURED"],
    [
      400,
      "Invalid Signature, Server StringToSign:POST#x-ca-timestamp:1#/p",
      "VENDOR_MISCONFIGURED",
    ],
  ])("under HTTP %i with %j is %s", (status, message, ours) => {
    expect(classifyIotOutcome(byGateway(status, message))).toBe(ours);
  });

  it("tells what the gateway said, but neither the string it signed nor our secret", () => {
    const message = "Invalid Signature, Server StringToSign:`POST#x-ca-nonce:n-1#/p`";
    const error = iotError(
      "industry",
      { ...byGateway(400, message), errorCode: "I400HD", requestId: "r-app-secret" },
      hide,
    );
    expect(error?.message).toBe("industry: Invalid Signature (HTTP 400, I400HD, request r-***)");
    expect(JSON.stringify(error?.details)).not.toMatch(/StringToSign|n-1|app-secret/);
  });

  it("is read from a body without `data`", () => {
    const answer = iotAnswer.parse({ id: "1", code: 403, message: "Throttled by APP" });
    expect(classifyIotOutcome({ ...nothing, status: 403, answer })).toBe("VENDOR_THROTTLED");
    expect(classifyIotOutcome({ ...nothing, answer: iotAnswer.parse({ code: 460 }) })).toBe(
      "VENDOR_REFUSED",
    );
  });

  it("gives both of the vendor's sentences and the pause that it asks for", () => {
    const answer = {
      code: 403,
      message: "request forbidden.",
      localizedMsg: "请求被禁止",
      data: null,
    };
    const refused = iotError("industry", { ...nothing, answer }, hide);
    expect(refused?.message).toBe("industry: 403 request forbidden. 请求被禁止 (HTTP 200)");
    const limited = byGateway(403, "Request Limited");
    expect(iotError("industry", limited, hide)?.retryAfter).toBe(1000);
    expect(iotError("industry", { ...limited, retryAfter: 7000 }, hide)?.retryAfter).toBe(7000);
  });
});
