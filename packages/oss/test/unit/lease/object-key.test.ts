import { describe, expect, it } from "vitest";
import { checkInside, keyOf } from "../../../src/lease/object-key.ts";
import { leaseFor } from "../../leases.ts";

const lease = leaseFor("https://oss.example");

describe("keyOf", () => {
  it("appends the name to the prefix, NFC-normalised", () => {
    expect(keyOf(lease, "cafe\u0301/证据.pdf")).toBe("case/1001/caf\u00e9/证据.pdf");
  });

  it("leaves the vendor's prefix as it is", () => {
    const decomposed = { ...lease, prefix: "cafe\u0301/", prefixes: ["cafe\u0301/"] };
    expect(keyOf(decomposed, "a")).toBe("cafe\u0301/a");
  });

  it.each(["", "/a", "a/", "a//b", "../a", "a/../b", ".", "a/.", "./a"])(
    "refuses the name %j, which leads out of the prefix or is empty",
    (name) => {
      expect(() => keyOf(lease, name)).toThrow(expect.objectContaining({ code: "KEY_INVALID" }));
    },
  );

  it.each(["...", "a/..b", ".hidden", "a b", "a\\b", "-", "\u0001"])(
    "accepts the name %j",
    (name) => {
      expect(keyOf(lease, name)).toBe(`case/1001/${name}`);
    },
  );

  it("refuses a key that begins with a backslash", () => {
    const open = { ...lease, prefix: "", prefixes: [""] };
    expect(() => keyOf(open, "\\a")).toThrow(expect.objectContaining({ code: "KEY_INVALID" }));
  });

  it("refuses half a surrogate pair", () => {
    expect(() => keyOf(lease, "a\ud800")).toThrow(expect.objectContaining({ code: "KEY_INVALID" }));
  });

  it("accepts 1,023 bytes of UTF-8 and not one more", () => {
    const room = 1023 - lease.prefix.length;
    const name = "证".repeat(Math.floor(room / 3)) + "x".repeat(room % 3);
    expect(Buffer.byteLength(keyOf(lease, name))).toBe(1023);
    expect(() => keyOf(lease, `${name}x`)).toThrow(
      expect.objectContaining({ code: "KEY_INVALID" }),
    );
  });

  it("counts the bytes after normalisation", () => {
    const room = 1023 - lease.prefix.length;
    expect(Buffer.byteLength(keyOf(lease, `${"e\u0301".repeat(room / 2)}`))).toBeLessThanOrEqual(
      1023,
    );
  });

  it("refuses a key that none of the lease's prefixes opens", () => {
    const other = { ...lease, prefixes: ["case/1002/", "case/10011/"] };
    expect(() => keyOf(other, "a")).toThrow(expect.objectContaining({ code: "KEY_OUTSIDE_LEASE" }));
  });

  it("refuses every key when the lease opens nothing", () => {
    expect(() => checkInside({ ...lease, prefixes: [] }, "case/1001/a")).toThrow(
      expect.objectContaining({ code: "KEY_OUTSIDE_LEASE" }),
    );
  });
});
