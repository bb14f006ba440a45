import { describe, expect, it } from "vitest";
import { registeredVendor, vendorNames } from "../../src/index.ts";
import { hider } from "../../src/secret.ts";

describe("secrets in options", () => {
  it("are found by their marks", () => {
    const options = {
      app_key: "open",
      app_secret: "hidden",
      session: "hidden too",
      oss: { region: "r" },
    };
    const found = ["kongur", "deepvision", "rex", "wombat"].map((name) =>
      registeredVendor(name)?.secretsOf(options),
    );
    expect(found).toEqual(Array(4).fill(["hidden", "hidden too"]));
  });

  it("are masked as a whole though one is a part of another", () => {
    expect(hider(["key", undefined, "key-and-more"])("key key-and-more")).toBe("*** ***");
  });

  it("are none where nothing is given", () => {
    expect(vendorNames.flatMap((name) => registeredVendor(name)?.secretsOf(undefined))).toEqual([]);
  });
});
