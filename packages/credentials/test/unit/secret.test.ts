import { describe, expect, it } from "vitest";
import { registeredVendor, vendorNames } from "../../src/index.ts";

describe("secrets in options", () => {
  it("are found by their marks", () => {
    const options = {
      app_key: "open",
      app_secret: "hidden",
      session: "hidden too",
      oss: { region: "r" },
    };
    expect(vendorNames.map((name) => registeredVendor(name)?.secretsOf(options))).toEqual([
      ["hidden", "hidden too"],
      ["hidden", "hidden too"],
    ]);
  });

  it("are none where nothing is given", () => {
    expect(vendorNames.map((name) => registeredVendor(name)?.secretsOf(undefined))).toEqual([
      [],
      [],
    ]);
  });
});
