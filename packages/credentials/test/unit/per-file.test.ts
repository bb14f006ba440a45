import { ExhibitError } from "@exhibit/contracts";
import { expect, it } from "vitest";
import { z } from "zod";
import { createBroker, folderKey, type Vendor, type VendorCall } from "../../src/index.ts";

const selector = z.strictObject({ id: z.string() });

/** Returns a vendor that opens the objects of a record one by one. */
function perFileVendor() {
  const calls: VendorCall[] = [];
  const vendor: Vendor = {
    name: "fake",
    selector,
    perFile: {
      limit: 2,
      selector: selector.extend({ index: z.string() }),
      slot: ({ number }) => ({ index: String(number) }),
    },
    call: ({ folder }) => folder,
    issue(call) {
      calls.push(call);
      const key = `${call.id}/${call.index}`;
      const lease = {
        credentials: { accessKeyId: "STS.1", accessKeySecret: "s", securityToken: "t" },
        bucket: {
          endpoint: "https://oss.test",
          region: "cn-test",
          name: "evidence",
          pathStyle: false,
          signatureVersion: "v4" as const,
        },
        folders: { [folderKey(call)]: `${call.id}/` },
        prefixes: [key],
        object: { key, uploadUrl: `https://evidence.oss.test/${key}?Signature=s` },
        ends: { after: 3_600_000 },
      };
      return Promise.resolve({ leases: [lease], refusals: [] });
    },
  };
  return { calls, broker: createBroker({ vendors: { fake: vendor } }) };
}

const of = (folder: Record<string, string>) => ({
  vendor: "fake",
  entrust_id: undefined,
  suit_ids: [],
  folder,
});

it("a vendor that opens files one by one is checked by folder, and called for each file", async () => {
  const { calls, broker } = perFileVendor();
  broker.check(of({ id: "7" }));
  expect(() => broker.check(of({ id: "7", index: "1" }))).toThrow(/index/);
  const leases = await Promise.all(
    ["1", "2", "1"].map((index) => broker.lease(of({ id: "7", index }))),
  );
  expect(leases.map(({ object }) => object?.key)).toEqual(["7/1", "7/2", "7/1"]);
  expect(leases[0]).toMatchObject({
    prefix: "7/",
    object: { uploadUrl: "https://evidence.oss.test/7/1?Signature=s" },
  });
  expect(calls).toEqual([
    { id: "7", index: "1" },
    { id: "7", index: "2" },
  ]);
  await expect(broker.lease(of({ id: "7" }))).rejects.toThrow(ExhibitError);
  broker.close();
});

it("knows whether a vendor opens files one by one; an unknown vendor doesn't", () => {
  const { broker } = perFileVendor();
  expect(broker.perFile("fake")?.limit).toBe(2);
  expect(broker.perFile("toString")).toBeUndefined();
});
