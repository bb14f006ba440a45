import type { VendorName } from "../src/index.ts";

const account = { gateway: "https://gw.test", app_key: "k", app_secret: "s" };
const oss = { region: "cn-test", endpoint: "https://oss.test", bucket: "evidence" };

/** The least that each vendor's options have to be. */
export const leastOptions: Record<VendorName, object> = {
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
