import { describe, expect, it } from "vitest";
import { endpointOf, prefixOf } from "../../src/bucket.ts";

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

describe("a prefix", () => {
  it.each([
    ["case/1001", "case/1001/"],
    ["case/1001/", "case/1001/"],
    ["/case/1001/", "case/1001/"],
    ["案件/😀", "案件/😀/"],
    ["a..b/...", "a..b/.../"],
  ])("%s becomes %s", (given, expected) => {
    expect(prefixOf("kongur", given)).toBe(expected);
  });

  it.each([
    [""],
    ["/"],
    [" "],
    ["*"],
    ["/*"],
    ["a/*"],
    ["//a"],
    ["a/../b"],
    [".."],
    ["./a"],
    ["\\a"],
    ["a\u0000b"],
    ["a\nb"],
  ])("%j is none", (given) => {
    expect(() => prefixOf("kongur", given)).toThrow(
      expect.objectContaining({ code: "VENDOR_ANSWER_INVALID" }),
    );
  });
});
