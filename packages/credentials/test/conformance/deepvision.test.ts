import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createVendors, folderKey, type Vendor, type VendorAnswer } from "../../src/index.ts";
import { describeVendor } from "./describe-vendor.ts";
import { type FakeGateway, startFakeGateway } from "./fake-gateway.ts";

const method = "alibaba.security.deepvision.proxy.security.common.token.get";
const secrets = ["deepvision-app-secret", "deepvision-ak-secret", "deepvision-sts-token"];
const folder = { op_poi_id: "p1", op_tenant_code: "t1" };
const statement = (resource: string, effect = "Allow") => ({
  effect,
  action: { string: ["oss:PutObject"] },
  resource: { string: [`acs:oss:*:*:${resource}`] },
});
const result = {
  access_key_id: "STS.2",
  access_key_secret: "deepvision-ak-secret",
  token: "deepvision-sts-token",
  end_point_public: "evidence.oss-cn-hangzhou.aliyuncs.com",
  end_point_internal: "http://oss-cn-hangzhou-internal.aliyuncs.com",
  expiration: "2030-01-01T00:00:00Z",
  policy: { version: "1", statement: { datas: [statement("evidence/stores/p1/*")] } },
};

function enveloped(more: object): object {
  return {
    alibaba_security_deepvision_proxy_security_common_token_get_response: {
      resp_code: 0,
      resp_success: true,
      resp_request_id: "r2",
      message: "成功",
      ...more,
    },
  };
}

function deepvisionAt(gateway: FakeGateway, more: object = {}): Vendor {
  const options = {
    gateway: gateway.url,
    app_key: "12345678",
    app_secret: "deepvision-app-secret",
    sign_method: "md5",
    product_code: "oss",
    scene_code: "evidence",
    usage_scene: "upload",
    oss: { region: "cn-hangzhou" },
    ...more,
  };
  return createVendors({ deepvision: options }).deepvision as Vendor;
}

const of = { vendor: "deepvision", entrust_id: undefined, suit_ids: [], folder };

describeVendor("deepvision", async () => {
  const gateway = await startFakeGateway(secrets.join());
  gateway.answer(() => enveloped({ result }));
  return {
    vendor: deepvisionAt(gateway),
    gateway,
    folder: of,
    method,
    carries: ["p1", "t1", "upload"],
    appSecret: "deepvision-app-secret",
    secrets,
  };
});

describe("deepvision", () => {
  let gateway: FakeGateway;
  const issueWith = (more: object, options = {}): Promise<VendorAnswer> => {
    gateway.answer(() => enveloped(more));
    const vendor = deepvisionAt(gateway, options);
    return vendor.issue(vendor.call(of), { signal: new AbortController().signal });
  };

  beforeAll(async () => {
    gateway = await startFakeGateway("");
  });
  beforeEach(() => {
    gateway.received.length = 0;
  });
  afterAll(() => gateway.stop());

  it("sends its struct as the JSON text of one parameter", async () => {
    await issueWith({ result });
    expect(Object.keys(gateway.received[0]?.form ?? {})).toEqual(["param"]);
    expect(JSON.parse(gateway.received[0]?.form.param ?? "")).toEqual({
      product_code: "oss",
      scene_code: "evidence",
      usage_scene: "upload",
      ...folder,
      request_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
  });

  it("takes bucket and prefixes from the policy, and the end from the answer", async () => {
    const { leases } = await issueWith({ result });
    expect(leases).toEqual([
      {
        credentials: {
          accessKeyId: "STS.2",
          accessKeySecret: "deepvision-ak-secret",
          securityToken: "deepvision-sts-token",
        },
        bucket: {
          endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
          region: "cn-hangzhou",
          name: "evidence",
          pathStyle: false,
          signatureVersion: "v4",
        },
        folders: { [folderKey(folder)]: "stores/p1/" },
        prefixes: ["stores/p1/"],
        ends: { at: Date.UTC(2030, 0, 1), said: result.expiration },
      },
    ]);
  });

  it("uses the internal endpoint when the network is internal", async () => {
    const { leases } = await issueWith({ result }, { network: "internal" });
    expect(leases[0]?.bucket.endpoint).toBe("http://oss-cn-hangzhou-internal.aliyuncs.com");
  });

  it("takes the folder that is named beside a whole bucket", async () => {
    const policy = { statement: [statement("evidence/*"), statement("evidence/stores/p1/*")] };
    const { leases } = await issueWith({ result: { ...result, policy } });
    expect(leases[0]?.prefixes).toEqual(["stores/p1/"]);
  });

  it.each([
    ["policy opens no folder", { policy: { statement: {} } }],
    ["a whole bucket doesn't count as one", { policy: { statement: [statement("evidence/*")] } }],
    ["a whole bucket doesn't count as one", { policy: { statement: [statement("evidence/")] } }],
    ["a whole bucket doesn't count as one", { policy: { statement: [statement("*")] } }],
    ['the folder "/"', { policy: { statement: [statement("evidence//*")] } }],
    [
      "policy opens no folder",
      { policy: { statement: [statement("evidence/p/*"), statement("evidence/*", "Deny")] } },
    ],
    [
      "more than one bucket",
      { policy: { statement: [statement("evidence/p/*"), statement("other/p/*")] } },
    ],
    ["isn't a prefix", { policy: { statement: [statement("evidence/../p/*")] } }],
    ["end_point_public isn't an endpoint", { end_point_public: "1/2" }],
    ['expiration is "soon", which isn\'t in a known time format', { expiration: "soon" }],
    ["expiration is missing", { expiration: null }],
    ["result.token: ", { token: undefined }],
  ])("can't use an answer: %s", async (fault, more) => {
    await expect(issueWith({ result: { ...result, ...more } })).rejects.toMatchObject({
      code: "VENDOR_ANSWER_INVALID",
      message: expect.stringContaining(fault),
    });
  });

  it.each([[false], ["false"]])("is a refusal when resp_success is %j", async (resp_success) => {
    const refused = { resp_success, resp_code: 403, message: "门店不存在", result: {} };
    await expect(issueWith(refused)).rejects.toMatchObject({
      code: "VENDOR_REFUSED",
      message: "deepvision: 403 门店不存在 (request r2)",
      details: {
        vendor: "deepvision",
        resp_code: "403",
        message: "门店不存在",
        resp_request_id: "r2",
      },
    });
  });
});
