import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  createVendors,
  type RegisteredVendor,
  registeredVendor,
  type Vendor,
  type VendorName,
  vendorNames,
} from "../../src/index.ts";

const account = { gateway: "https://gw.test", app_key: "k", app_secret: "s" };
const oss = { region: "cn-test", endpoint: "https://oss.test", bucket: "evidence" };

/** The least that each vendor's options have to be. */
const options: Record<VendorName, object> = {
  kongur: { ...account, kongur_app_key: "k", oss },
  deepvision: {
    ...account,
    product_code: "p",
    scene_code: "s",
    usage_scene: "u",
    oss: { region: "cn-test" },
  },
  rex: {
    ...account,
    rex_access_key: "k",
    rex_access_secret: "s",
    sign: { module: "sign.mjs" },
    oss,
  },
  wombat: { ...account, oss: { region: "cn-test" } },
  industry: { ...account, app_id: "a", oss: { region: "cn-test" } },
};

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
    const { selector } = createVendors({ [name]: options[name] })[name] as Vendor;
    expect(selector.safeParse(example).success).toBe(true);
    for (const role of caseFolders?.roles ?? []) {
      expect(selector.safeParse(caseFolders?.role(role)).success).toBe(true);
    }
    if (caseFolders) expect(selector.safeParse(caseFolders.suit("1001")).success).toBe(true);
  });
});
