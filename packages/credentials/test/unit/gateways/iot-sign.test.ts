import { describe, expect, it } from "vitest";
import { contentMd5, iotSign, iotSignedHeaders } from "../../../src/gateways/iot-sign.ts";

const nonce = "787dd0c2-7bd8-41cd-9c19-62c05ea524a2";
const common = { "x-ca-key": "appKey", "x-ca-nonce": nonce, "x-ca-timestamp": "1646365291734" };

describe("the IoT gateway's signature", () => {
  it("is that of the published vector", () => {
    const headers = { ...common, accept: "application/json", "content-type": "application/json" };
    const request = { method: "GET", path: "/Third/Tools/checkSign", headers };
    expect(iotSign(request, "appSecret")).toBe("EdJSFAMOWyXZOpXhevZnjuS0ZafnwnCqaSk5hz+tXo8=");
  });

  it("is that of our own vector, a body's MD5 and all", () => {
    const body =
      '{"id":"4de2c367c1db417caa158c585e595d92","version":"1.0","request":{"apiVer":"1.0.0"},' +
      '"params":{"appId":"app-1","index":1,"id":1001,"suffix":"jpg","type":"OWNBRAND"}}';
    const headers = {
      ...common,
      accept: "application/json; charset=utf-8",
      "content-md5": contentMd5(body),
      "content-type": "application/octet-stream; charset=utf-8",
      date: "Wed, 09 May 2018 13:30:29 GMT",
      "x-ca-signature-method": "HmacSHA256",
      "x-ca-stage": "RELEASE",
    };
    expect(headers["content-md5"]).toBe("luNiG6rbczXQ0QbQCqVG+A==");
    const request = { method: "POST", path: "/industry/qualification/oss/sts/get", headers };
    expect(iotSign(request, "appSecret")).toBe("NufAJSl6NjuZwU46mTENwYz4MiZPGlcyr14hrBcMQ3o=");
  });

  it("covers the x-ca- headers but its own, in their order, and no others by name", () => {
    const headers = { "x-ca-stage": "", "x-ca-key": "", accept: "", "x-other": "" };
    const own = { "x-ca-signature": "", "x-ca-signature-headers": "" };
    expect(iotSignedHeaders({ headers: { ...own, ...headers } })).toEqual([
      "x-ca-key",
      "x-ca-stage",
    ]);
  });
});
