import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { vendorNames } from "../../src/index.ts";

/** A vendor's own file is one that exports its options; others in the folder help it. */
async function vendorFiles(): Promise<string[]> {
  const folder = join(import.meta.dirname, "../../src/vendors");
  const names = (await readdir(folder)).map((file) => file.replace(/\.ts$/, ""));
  const modules = await Promise.all(
    names.map(async (name) => ({ name, exports: await import(`../../src/vendors/${name}.ts`) })),
  );
  return modules.filter(({ name, exports }) => `${name}Options` in exports).map(({ name }) => name);
}

describe("every vendor", () => {
  it("in the folder is registered, and the reverse", async () => {
    expect((await vendorFiles()).sort()).toEqual([...vendorNames].sort());
  });

  it("has a conformance test of its own", async () => {
    const tests = await readdir(import.meta.dirname);
    expect(tests).toEqual(expect.arrayContaining(vendorNames.map((name) => `${name}.test.ts`)));
  });
});
