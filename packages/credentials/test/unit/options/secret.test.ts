import { describe, expect, it } from "vitest";
import { createRedactor } from "../../../src/gateways/redactor.ts";
import { registeredVendor, vendorNames } from "../../../src/index.ts";
import { secret } from "../../../src/options/secret.ts";

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

  it.each([
    [" hidden\n", "hidden"],
    ["\ufeffhidden", "hidden"],
    ["hid\"den'", "hid\"den'"],
  ])("are trimmed: %j", (given, taken) => {
    expect(secret().parse(given)).toBe(taken);
  });

  it.each([
    ["hid den", "blank"],
    ["hid\nden", "line break"],
    ["hid\u200bden", "invisible"],
    ["hid\u0000den", "invisible"],
    ['"hidden"', "quotes"],
    ["“hidden”", "quotes"],
    [" \n", "empty"],
  ])("can't be %j", (given, fault) => {
    expect(secret().safeParse(given).error?.message).toContain(fault);
  });

  it("are masked as a whole even if one contains another", () => {
    expect(createRedactor(["key", undefined, "key-and-more"])("key key-and-more")).toBe("*** ***");
  });

  it("are none where nothing is given", () => {
    expect(vendorNames.flatMap((name) => registeredVendor(name)?.secretsOf(undefined))).toEqual([]);
  });
});
