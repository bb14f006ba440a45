import { describe, expect, it } from "vitest";
import { answeredPrefix } from "../../../src/vendors/answered-place.ts";

describe("a prefix", () => {
  it.each([
    ["case/1001", "case/1001/"],
    ["case/1001/", "case/1001/"],
    ["/case/1001/", "case/1001/"],
    ["案件/😀", "案件/😀/"],
    ["a..b/...", "a..b/.../"],
  ])("%s becomes %s", (given, expected) => {
    expect(answeredPrefix("kongur", given)).toBe(expected);
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
    expect(() => answeredPrefix("kongur", given)).toThrow(
      expect.objectContaining({ code: "VENDOR_ANSWER_INVALID" }),
    );
  });
});
