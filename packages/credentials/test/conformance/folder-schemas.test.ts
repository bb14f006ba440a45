import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { createBroker, createVendors, registeredVendor, vendorNames } from "../../src/index.ts";
import { leastOptions } from "../least-options.ts";

const vendors = createVendors(
  Object.fromEntries(vendorNames.map((name) => [name, leastOptions[name]])),
);
const schemas = createBroker({ vendors }).folderSchemas();

/** Folders of all vendors, right and wrong for each. */
const folders: Record<string, string>[] = [
  ...vendorNames.map((name) => registeredVendor(name)?.example ?? {}),
  {},
  { suit_id: "1", role: "firm" },
  { role: "judge" },
  { role: "lawyer" },
  { type: "OWNBRAND" },
  { type: "OWNBRAND", id: "007" },
  { op_poi_id: "p1" },
  { unknown: "key" },
  { scenes_code: "ten" },
  { scenes_code: "10", merchant_code: "m" },
  { scene: "../up" },
];

describe.each(vendorNames)("The JSON Schema of %s's folders", (name) => {
  it.each(folders)("takes %j if and only if the vendor does", (folder) => {
    const taken = vendors[name]?.selector.safeParse(folder).success;
    expect(new Ajv2020().validate(schemas.get(name) ?? {}, folder)).toBe(taken);
  });

  it("describes an object whose keys a form can show, and its example fits", () => {
    const schema = schemas.get(name);
    expect(schema).toMatchObject({ type: "object", additionalProperties: false });
    const keys = Object.keys(schema?.properties as object);
    expect(keys).toEqual(
      expect.arrayContaining(Object.keys(registeredVendor(name)?.example ?? { none: "" })),
    );
  });
});
