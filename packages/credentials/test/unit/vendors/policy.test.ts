import { describe, expect, it } from "vitest";
import { type PolicyStatement, writablePlaces } from "../../../src/vendors/policy.ts";

const allow = (resource: string[], action: string[] = []): PolicyStatement => ({
  effect: "Allow",
  action,
  resource,
});
const deny = (resource: string[], action: string[] = []): PolicyStatement => ({
  effect: "Deny",
  action,
  resource,
});

describe("what a policy opens for writing", () => {
  it.each([
    ["acs:oss:*:*:evidence/store/p1/*", { bucket: "evidence", prefix: "store/p1/" }],
    ["acs:oss:oss-cn-hangzhou:1234:evidence/store*", { bucket: "evidence", prefix: "store" }],
    ["acs:oss:*:*:evidence/a:b/", { bucket: "evidence", prefix: "a:b/" }],
  ])("is read from %s", (resource, place) => {
    expect(writablePlaces([allow([resource])])).toEqual([place]);
  });

  it.each([
    ["acs:oss:*:*:evidence"],
    ["acs:oss:*:*:evidence/"],
    ["acs:oss:*:*:evidence/*"],
    ["acs:oss:*:*:evidence/**"],
    ["acs:oss:*:*:*"],
    ["acs:oss:*:*:*/*"],
    ["acs:oss:*:*:evidence/one-object.pdf"],
    ["acs:oss:*:*:evi*/store/*"],
    ["acs:oss:*:*:evidence/*/store/*"],
    ["acs:ram:*:*:evidence/store/*"],
    ["*"],
    ["1"],
  ])("isn't read from %s", (resource) => {
    expect(writablePlaces([allow([resource])])).toEqual([]);
  });

  it.each([["oss:PutObject"], ["oss:*"], ["*"], ["oss:Put*"], ["OSS:putobject"]])(
    "needs an action such as %s",
    (action) => {
      expect(
        writablePlaces([allow(["acs:oss:*:*:b/p/*"], ["oss:GetObject", action])]),
      ).toHaveLength(1);
    },
  );

  it("leaves out what is opened for reading only", () => {
    expect(
      writablePlaces([allow(["acs:oss:*:*:b/p/*"], ["oss:GetObject", "oss:PutObjectAcl"])]),
    ).toEqual([]);
  });

  it.each([["acs:oss:*:*:b/p/*"], ["acs:oss:*:*:b/*"], ["*"]])(
    "leaves out what Deny closes with %s",
    (closed) => {
      const policy = [allow(["acs:oss:*:*:b/p/*", "acs:oss:*:*:c/q/*"]), deny([closed])];
      expect(writablePlaces(policy).map(({ bucket }) => bucket)).not.toContain("b");
    },
  );

  it("keeps what Deny closes in part or for other actions", () => {
    const policy = [
      allow(["acs:oss:*:*:b/p/*"]),
      deny(["acs:oss:*:*:b/p/sealed/*", "acs:oss:*:*:b/p/*.exe"]),
      deny(["*"], ["oss:DeleteObject"]),
    ];
    expect(writablePlaces(policy)).toEqual([{ bucket: "b", prefix: "p/" }]);
  });

  it("names each place once, in the policy's order", () => {
    const policy = [
      allow(["acs:oss:*:*:b/2/*", "acs:oss:*:*:b/1/*"]),
      allow(["acs:oss:*:*:b/2/*"]),
    ];
    expect(writablePlaces(policy).map(({ prefix }) => prefix)).toEqual(["2/", "1/"]);
  });
});
