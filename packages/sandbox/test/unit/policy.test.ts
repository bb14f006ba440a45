import { expect, it } from "vitest";
import { compilePolicy } from "../../src/tokens/policy.ts";

const judge = compilePolicy({
  actions: ["oss:PutObject"],
  resources: ["acs:oss:*:*:evidence/a/*", "acs:oss:*:*:evidence/b/?.txt", "acs:oss:*:*:evidence"],
});

it.each([
  ["evidence/a/x/y", true],
  ["evidence/a/", true],
  ["evidence/a", false],
  ["evidence/ab/x", false],
  ["other/a/x", false],
  ["evidence/b/1.txt", true],
  ["evidence/b/12.txt", false],
  ["evidence/b/1xtxt", false],
  ["evidence", true],
])("judges %s as %s", (resource, allowed) => {
  expect(judge("oss:PutObject", resource)).toBe(allowed);
});

it("allows no other action", () => {
  expect(judge("oss:GetObject", "evidence/a/x")).toBe(false);
});
