import { expect, test } from "vitest";
import { vendorPlaces } from "../../../src/index.ts";

const account = {
  gateway: "https://GW.api.taobao.com:443/router/rest/",
  app_key: "1",
  app_secret: "s",
};
const gateway = "https://gw.api.taobao.com/router/rest";
const rex = {
  ...account,
  rex_access_key: "k",
  rex_access_secret: "s",
  sign: { algorithm: "hmac-sha256", template: "{scenes}", encoding: "hex", time_unit: "ms" },
};

test("each vendor's options say where its folders lie, in a form that can be compared", () => {
  const oss = { region: "cn-hangzhou", bucket: "evidence" };
  expect(
    vendorPlaces({
      kongur: {
        ...account,
        kongur_app_key: "k",
        oss: { ...oss, endpoint: "OSS-cn-hangzhou.aliyuncs.com" },
        rate_limit: { calls: 10, per_seconds: 1 },
      },
      rex: { ...rex, oss },
      wombat: { ...account, oss: { region: "cn-hangzhou" } },
    }),
  ).toEqual({
    kongur: { gateway, endpoint: "https://oss-cn-hangzhou.aliyuncs.com", bucket: "evidence" },
    rex: { gateway, endpoint: null, bucket: "evidence" },
    wombat: { gateway, endpoint: null, bucket: null },
  });
  const endpoint = "https://oss-cn-beijing.aliyuncs.com/";
  expect(
    vendorPlaces({ rex: { ...rex, oss: { ...oss, region: "cn-beijing", endpoint } } }),
  ).toEqual({
    rex: { gateway, endpoint: "https://oss-cn-beijing.aliyuncs.com", bucket: "evidence" },
  });
});
