import { describe, expect, it } from "vitest";
import { signMethods, topSignature } from "../../src/gateway/top/top-signature.ts";
import { parseV4, signatureV4 } from "../../src/oss/signing/signature-v4.ts";
import type { AccessKey } from "../../src/tokens/token-issuer.ts";

describe("the signature of TOP", () => {
  const expected = {
    md5: "66987CB115214E59E6EC978214934FB8",
    hmac: "D56D7858309C31B6251083A874D48273",
    "hmac-sha256": "04DB15AD0774D5CFCE2C837DE43E3FCEA9011ED74F3038FB6AB5F3C4CEA119E8",
  };

  it.each(signMethods)("is the published one with %s", (method) => {
    const parameters = new Map([
      ["method", "taobao.item.seller.get"],
      ["app_key", "12345678"],
      ["session", "test"],
      ["timestamp", "2016-01-01 12:00:00"],
      ["format", "json"],
      ["v", "2.0"],
      ["fields", "num_iid,title,nick,price,num"],
      ["num_iid", "11223344"],
      ["sign_method", method],
      ["sign", "not part of itself"],
      ["empty", ""],
    ]);
    expect(topSignature(parameters, method, "helloworld")).toBe(expected[method]);
  });
});

describe("the V4 signature of OSS", () => {
  const key: AccessKey = {
    accessKeyId: "ak",
    accessKeySecret: "sk",
    securityToken: undefined,
    expiresAt: 0,
    allows: () => true,
  };
  const cases = [
    [
      "plain",
      "20231216T162057Z",
      {},
      "",
      "e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe",
    ],
    [
      "with a token",
      "20231217T034736Z",
      { "x-oss-security-token": "token" },
      "",
      "b94a3f999cf85bcdc00d332fbd3734ba03e48382c36fa4d5af5df817395bd9ea",
    ],
    [
      "with additional headers",
      "20231216T172512Z",
      {},
      "AdditionalHeaders=abc;zabc,",
      "4a4183c187c07c8947db7620deb0a6b38d9fbdd34187b6dbaccb316fa251212f",
    ],
  ] as const;

  it.each(cases)("is the published one: %s", (_, time, more, additional, signature) => {
    const query = new Map([
      ["param1", "value1"],
      ["+param1", "value3"],
      ["|param1", "value4"],
      ["+param2", ""],
      ["|param2", ""],
      ["param2", ""],
    ]);
    const headers = {
      "x-oss-head1": "value",
      abc: "value",
      zabc: "value",
      xyz: "value",
      "content-type": "text/plain",
      "x-oss-content-sha256": "UNSIGNED-PAYLOAD",
      "x-oss-date": time,
      ...more,
    };
    const day = time.slice(0, 8);
    const authorization = parseV4(
      `OSS4-HMAC-SHA256 Credential=ak/${day}/cn-hangzhou/oss/aliyun_v4_request,${additional}Signature=${signature}`,
    );
    const request = { method: "PUT", bucket: "bucket", key: "1234+-/123/1.txt", query, headers };
    expect(signatureV4(request, authorization, time, key)).toBe(signature);
  });

  it("refuses an empty list of additional headers", () => {
    const scope = "ak/20231216/cn-hangzhou/oss/aliyun_v4_request";
    const header = `OSS4-HMAC-SHA256 Credential=${scope},AdditionalHeaders=,Signature=${"0".repeat(64)}`;
    expect(() => parseV4(header)).toThrow(expect.objectContaining({ ec: "0002-00000209" }));
  });
});
