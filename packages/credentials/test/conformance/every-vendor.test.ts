import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  createVendors,
  type RegisteredVendor,
  registeredVendor,
  type Vendor,
  vendorNames,
} from "../../src/index.ts";
import { leastOptions } from "../least-options.ts";

/** Returns the files that export a vendor's options; the others in the folder are their helpers. */
async function vendorFiles(): Promise<string[]> {
  const folder = join(import.meta.dirname, "../../src/vendors");
  const names = (await readdir(folder)).map((file) => file.replace(/\.ts$/, ""));
  const modules = await Promise.all(
    names.map(async (name) => ({ name, exports: await import(`../../src/vendors/${name}.ts`) })),
  );
  return modules.filter(({ name, exports }) => `${name}Options` in exports).map(({ name }) => name);
}

describe("every vendor", () => {
  it("is registered if it is in the folder, and the reverse", async () => {
    expect((await vendorFiles()).sort()).toEqual([...vendorNames].sort());
  });

  it("has a conformance test of its own", async () => {
    const tests = await readdir(import.meta.dirname);
    expect(tests).toEqual(expect.arrayContaining(vendorNames.map((name) => `${name}.test.ts`)));
  });

  it.each(vendorNames)("gives an example that its own selector accepts: %s", (name) => {
    const { example, caseFolders } = registeredVendor(name) as RegisteredVendor;
    const { selector } = createVendors({ [name]: leastOptions[name] })[name] as Vendor;
    expect(selector.safeParse(example).success).toBe(true);
    for (const role of caseFolders?.roles ?? []) {
      expect(selector.safeParse(caseFolders?.role(role)).success).toBe(true);
    }
    if (caseFolders) expect(selector.safeParse(caseFolders.suit("1001")).success).toBe(true);
  });
});
