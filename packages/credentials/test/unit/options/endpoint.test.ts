import { describe, expect, it } from "vitest";
import { bucketName } from "../../../src/options/bucket.ts";
import { endpointOf, endpointOption, placedBucketOptions } from "../../../src/options/endpoint.ts";
import { answeredEndpoint } from "../../../src/vendors/answered-place.ts";

describe("an endpoint", () => {
  it.each([
    ["oss-cn-hangzhou.aliyuncs.com", "https://oss-cn-hangzhou.aliyuncs.com"],
    ["http://127.0.0.1:9000", "http://127.0.0.1:9000"],
    ["127.0.0.1:9000", "https://127.0.0.1:9000"],
    ["https://oss-cn-hangzhou.aliyuncs.com/", "https://oss-cn-hangzhou.aliyuncs.com"],
    ["evidence.oss-cn-hangzhou.aliyuncs.com", "https://oss-cn-hangzhou.aliyuncs.com"],
    ["http://evidence.oss.test:8080", "http://oss.test:8080"],
    ["evidences.oss.test", "https://evidences.oss.test"],
  ])("%s becomes %s", (given, expected) => {
    expect(endpointOf(given, "evidence")).toBe(expected);
  });

  it.each([
    [""],
    ["ftp://x.test"],
    ["https://user:word@x.test"],
    ["x.test/path"],
    ["x.test?a=b"],
    ["a b"],
  ])("%j is none", (given) => {
    expect(endpointOf(given)).toBeUndefined();
  });
});

const options = placedBucketOptions({ endpoint: endpointOption.optional(), bucket: bucketName });
const faultsOf = (more: object) =>
  options
    .safeParse({ bucket: "evidence", region: "cn-hangzhou", ...more })
    .error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];

describe("a bucket's configured place", () => {
  it.each([
    [{}],
    [{ endpoint: "https://oss-cn-hangzhou.aliyuncs.com" }],
    [{ endpoint: "http://oss-cn-hangzhou-internal.aliyuncs.com" }],
    [{ endpoint: "oss-ap-southeast-1.aliyuncs.com", region: "ap-southeast-1" }],
    [{ endpoint: "oss-accelerate.aliyuncs.com" }],
    [{ endpoint: "oss-accelerate-overseas.aliyuncs.com" }],
    [{ endpoint: "oss-cn-hzfinance.aliyuncs.com" }],
    [{ endpoint: "oss-cn-hzjbp.aliyuncs.com" }],
    [{ endpoint: "oss-cn-shanghai-finance-1-pub.aliyuncs.com" }],
    [{ endpoint: "https://oss.lawfirm.test:8443" }],
    [{ endpoint: "https://oss-cn-shanghai.aliyuncs.com", signature_version: "v1" }],
    [{ endpoint: "https://evidence.storage.test", path_style: true }],
  ])("may be %j", (more) => {
    expect(faultsOf(more)).toEqual([]);
  });

  it.each([
    [{ endpoint: "https://evidence.oss-cn-hangzhou.aliyuncs.com" }, "endpoint", "in front"],
    [{ endpoint: "evidence.oss.test" }, "endpoint", "in front"],
    [{ endpoint: "https://other.oss-cn-hangzhou.aliyuncs.com" }, "endpoint", "in front"],
    [{ endpoint: "https://oss-cn-shanghai.aliyuncs.com" }, "region", "cn-shanghai"],
    [{ endpoint: "https://oss-cn-shanghai-internal.aliyuncs.com" }, "region", "cn-shanghai"],
    [
      { endpoint: "https://oss-us-west-1.aliyuncs.com" },
      "region",
      "`endpoint` is in another region, us-west-1",
    ],
    [{ endpoint: "https://oss-cn-hangzhou.aliyuncs.com/evidence" }, "endpoint", "without a path"],
    [{ endpoint: "oss://evidence/case" }, "endpoint", "https://"],
  ])("can't be %j", (more, key, reason) => {
    expect(faultsOf(more)[0]).toMatch(new RegExp(`^${key}: .*${reason}`));
  });
});

describe("an answer's endpoint", () => {
  const oss = { region: "cn-hangzhou", path_style: false, signature_version: "v4" } as const;

  it("has the bucket taken off", () => {
    const text = "evidence.oss-cn-hangzhou.aliyuncs.com";
    expect(answeredEndpoint("acme", "end_point", text, "evidence", oss)).toBe(
      "https://oss-cn-hangzhou.aliyuncs.com",
    );
  });

  it.each([
    ["a/b", "VENDOR_ANSWER_INVALID", "end_point isn't an endpoint"],
    [
      "other.oss-cn-hangzhou.aliyuncs.com",
      "VENDOR_ANSWER_INVALID",
      "end_point: Give it without a bucket's name",
    ],
    ["oss-cn-shanghai.aliyuncs.com", "VENDOR_MISCONFIGURED", "end_point of its answer is in cn-sh"],
  ])("can't be %s", (text, code, fault) => {
    expect(() => answeredEndpoint("acme", "end_point", text, "evidence", oss)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(fault) }),
    );
  });
});
