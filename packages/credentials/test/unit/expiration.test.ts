import { describe, expect, it } from "vitest";
import { expirationTime } from "../../src/vendors/expiration.ts";

const time = Date.UTC(2026, 10, 23, 12, 0, 0);

describe("an expiration", () => {
  it.each([
    ["2026-11-23T12:00:00Z"],
    ["2026-11-23T12:00:00.000Z"],
    ["2026-11-23T20:00:00+08:00"],
    ["2026-11-23T20:00:00+0800"],
    ["2026-11-23 20:00:00"],
    ["2026-11-23T20:00:00"],
    [" 1795435200 "],
    ["1795435200000"],
  ])("is read from %j", (text) => {
    expect(expirationTime(text)).toBe(time);
  });

  it.each([["1"], [""], ["soon"], ["2026-13-45 99:00:00"], ["23/11/2026"], ["2026-11-23"]])(
    "isn't read from %j",
    (text) => {
      expect(expirationTime(text)).toBeUndefined();
    },
  );
});
