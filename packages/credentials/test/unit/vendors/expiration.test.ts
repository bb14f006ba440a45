import { describe, expect, it } from "vitest";
import { endOptions, expirationTime, leaseEnd } from "../../../src/vendors/expiration.ts";

const time = Date.UTC(2026, 10, 23, 12, 0, 0);

describe("an expiration", () => {
  it.each([
    ["2026-11-23T12:00:00Z"],
    ["2026-11-23T12:00:00.000Z"],
    ["2026-11-23 12:00:00 UTC"],
    ["2026-11-23T12:00Z"],
    ["2026-11-23T20:00:00+08:00"],
    ["2026-11-23T20:00:00.0000000+08:00"],
    ["2026-11-23T20:00:00+0800"],
    ["2026-11-23T20:00:00+08"],
    ["2026-11-23T06:30:00-05:30"],
    ["2026/11/23 20:00:00 GMT+8:00".replace("+8", "+08")],
    ["20261123T120000Z"],
    ["Mon Nov 23 12:00:00 UTC 2026"],
    ["Mon Nov 23 12:00:00 GMT 2026"],
    ["Mon Nov 23 20:00:00 GMT+08:00 2026"],
    ["Mon, 23 Nov 2026 12:00:00 GMT"],
    [" 1795435200 "],
    ["1795435200000"],
    ["/Date(1795435200000)/"],
    ["/Date(1795435200000+0800)/"],
    ["\\/Date(1795435200000)\\/"],
  ])("is parsed from %j, which is unambiguous", (text) => {
    expect(expirationTime(text)).toEqual({ at: time });
    expect(expirationTime(text, "-05:00")).toEqual({ at: time });
  });

  it.each([
    ["2026-11-23 20:00:00"],
    ["2026-11-23T20:00:00"],
    ["2026-11-23 20:00:00.000"],
    ["2026/11/23 20:00:00"],
    ["2026/11/23 20:00"],
    ["20261123200000"],
    ["20261123T200000"],
  ])("is read from %j as GMT+8, or maybe UTC, unless the zone is configured", (text) => {
    const atIfUtc = time + 8 * 3_600_000;
    expect(expirationTime(text)).toEqual({ at: time, zone: "+08:00", atIfUtc });
    expect(expirationTime(text, "UTC")).toEqual({ at: atIfUtc, zone: "UTC" });
    expect(expirationTime(text, "+09:00")).toEqual({ at: time - 3_600_000, zone: "+09:00" });
  });

  it("is read in China's time where Java says CST, unless the zone is configured", () => {
    const text = "Mon Nov 23 20:00:00 CST 2026";
    expect(expirationTime(text)).toEqual({ at: time, zone: "+08:00" });
    expect(expirationTime(text, "-06:00")?.at).toBe(time + 14 * 3_600_000);
  });

  it.each([
    ["1"],
    [""],
    ["soon"],
    ["2026-13-45 99:00:00"],
    ["2026-02-29 12:00:00"],
    ["2026-11-23 24:00:00"],
    ["23/11/2026"],
    ["1/2/2027 3:04:05 AM"],
    ["2026-11-23"],
    ["2026-11/23 20:00:00"],
    ["Mon Nix 23 20:00:00 CST 2026"],
    ["Mon Nov 23 20:00:00 EST 2026"],
    ["/Date(soon)/"],
  ])("isn't read from %j", (text) => {
    expect(expirationTime(text)).toBeUndefined();
  });
});

describe("a lease's end", () => {
  it("keeps the vendor's own text", () => {
    expect(leaseEnd("acme", "end", "1795435200", {})).toEqual({ at: time, said: "1795435200" });
  });

  it.each([["soon"], [""], [undefined]])("is lease_ttl after %j", (text) => {
    expect(leaseEnd("acme", "end", text, { lease_ttl: 900 })).toEqual({ after: 900_000 });
  });

  it("is the vendor's own rather than lease_ttl", () => {
    expect(leaseEnd("acme", "end", "1795435200", { lease_ttl: 900 })).toMatchObject({ at: time });
  });

  it.each([
    ["so\non", 'end is "so on", which isn\'t in a known time format: set `lease_ttl`'],
    [undefined, "end is missing: set `lease_ttl`"],
  ])("can't be parsed from %j, which the message quotes", (text, fault) => {
    expect(() => leaseEnd("acme", "end", text, {})).toThrow(fault);
  });

  it.each([["GMT+8"], ["8"], ["Asia/Shanghai"], ["+15:00"], ["+08:60"]])(
    "rejects the configured zone %j",
    (zone) => {
      expect(endOptions.safeParse({ expiration_zone: zone }).success).toBe(false);
    },
  );
});
