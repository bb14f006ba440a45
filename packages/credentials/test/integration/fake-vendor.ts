import { createVendors, type FolderOfCase, folderKey, type Vendor } from "../../src/index.ts";

/** A folder that the vendor below opens. */
export const fakeFolder: FolderOfCase = {
  vendor: "deepvision",
  entrust_id: undefined,
  suit_ids: [],
  folder: { op_poi_id: "p1", op_tenant_code: "t1" },
};

/** A real vendor's way of asking, with answers of the test's own. */
export function fakeVendors(issue: Vendor["issue"]): Record<string, Vendor> {
  const { deepvision } = createVendors({
    deepvision: {
      gateway: "http://127.0.0.1:1/router/rest",
      app_key: "1",
      app_secret: "s",
      product_code: "p",
      scene_code: "s",
      usage_scene: "u",
      oss: { region: "cn-test" },
    },
  });
  return { deepvision: { ...(deepvision as Vendor), issue } };
}

export const openFake: Vendor["issue"] = async () => ({
  leases: [
    {
      credentials: { accessKeyId: "STS.1", accessKeySecret: "s", securityToken: "t" },
      bucket: {
        endpoint: "https://oss.test",
        region: "cn-test",
        name: "evidence",
        pathStyle: false,
        signatureVersion: "v4",
      },
      folders: { [folderKey(fakeFolder.folder)]: "t1/p1/" },
      prefixes: ["t1/p1/"],
      ends: { after: 60_000 },
    },
  ],
  refusals: [],
});
