import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createVendors, folderKey, type Vendor, type VendorAnswer } from "../../src/index.ts";
import { describeVendor } from "./describe-vendor.ts";
import { type FakeGateway, startFakeGateway } from "./fake-gateway.ts";

const method = "taobao.wdk.iot.wombat.common.gettoken";
const secrets = ["wombat-app-secret", "wombat-ak-secret", "wombat-sts-token"];
const folder = { merchant_code: "HM", scenes_code: "1", ou_code: "8007", robot_sn: "R1" };
const of = { vendor: "wombat", entrust_id: undefined, suit_ids: [], folder };
const data = {
  access_key_id: "STS.4",
  access_key_secret: "wombat-ak-secret",
  security_token: "wombat-sts-token",
  bucket_name: "robots",
  endpoint: "robots.oss-cn-hangzhou.aliyuncs.com",
  dir: "/HM/8007",
  expiration_time: "2030-01-01 08:00:00",
};

/** The envelope's name is without the method's leading `taobao.`. */
function enveloped(result: object): object {
  return { wdk_iot_wombat_common_gettoken_response: { result, request_id: "r4" } };
}

function wombatAt({ url: gateway }: FakeGateway): Vendor {
  const account = { gateway, app_key: "12345678", app_secret: "wombat-app-secret" };
  const options = { ...account, oss: { region: "cn-hangzhou" } };
  return createVendors({ wombat: options }).wombat as Vendor;
}

describeVendor("wombat", async () => {
  const gateway = await startFakeGateway(secrets.join());
  gateway.answer(() => enveloped({ data, success: true, msg_code: "success" }));
  const account = { appSecret: "wombat-app-secret", secrets };
  return { vendor: wombatAt(gateway), gateway, folder: of, method, carries: ["R1"], ...account };
});

describe("wombat", () => {
  let gateway: FakeGateway;
  const issueWith = (result: object, asked: Record<string, string> = folder) => {
    gateway.answer(() => enveloped(result));
    const vendor = wombatAt(gateway);
    const call = vendor.call({ ...of, folder: vendor.selector.parse(asked) });
    const answer: Promise<VendorAnswer> = vendor.issue(call, {
      signal: new AbortController().signal,
    });
    return answer;
  };

  beforeAll(async () => {
    gateway = await startFakeGateway("");
  });
  afterAll(() => gateway.stop());

  it("takes bucket, endpoint and folder from the answer, and its time as GMT+8", async () => {
    const { leases } = await issueWith({ data, success: true });
    expect(leases).toEqual([
      {
        credentials: {
          accessKeyId: "STS.4",
          accessKeySecret: "wombat-ak-secret",
          securityToken: "wombat-sts-token",
        },
        bucket: {
          endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
          region: "cn-hangzhou",
          name: "robots",
          pathStyle: false,
          signatureVersion: "v4",
        },
        folders: { [folderKey(folder)]: "HM/8007/" },
        prefixes: ["HM/8007/"],
        ends: {
          at: Date.UTC(2030, 0, 1),
          said: "2030-01-01 08:00:00",
          zone: "+08:00",
          atIfUtc: Date.UTC(2030, 0, 1, 8),
        },
      },
    ]);
  });

  it("sends only the codes that are given", async () => {
    gateway.received.length = 0;
    await issueWith({ data }, { ou_code: " 8007 " });
    expect(gateway.received[0]?.form).toEqual({ ou_code: "8007" });
  });

  it.each([[{ scenes_code: "one" }], [{ merchant_code: " " }]])("rejects %j", (asked) => {
    expect(() => issueWith({ data }, asked)).toThrow();
  });

  it.each([
    ["data: ", undefined],
    ["data.dir: ", { ...data, dir: "" }],
    ["isn't a prefix", { ...data, dir: "a/../b" }],
    ["isn't a prefix", { ...data, dir: "/" }],
    ["isn't a prefix", { ...data, dir: "*" }],
    ["isn't a prefix", { ...data, dir: " " }],
    ["data.bucket_name: ", { ...data, bucket_name: "A" }],
    ["endpoint isn't an endpoint", { ...data, endpoint: "1/2" }],
    [
      'expiration_time is "gg", which isn\'t in a known time format',
      { ...data, expiration_time: "gg" },
    ],
    ["data.security_token: ", { ...data, security_token: "" }],
  ])("can't use an answer: %s", async (fault, given) => {
    await expect(issueWith({ success: true, data: given })).rejects.toMatchObject({
      code: "VENDOR_ANSWER_INVALID",
      message: expect.stringContaining(fault),
    });
  });

  it.each([[false], ["false"]])("is a refusal when success is %j", async (success) => {
    const msg_info = "机器人不存在 wombat-app-secret";
    await expect(issueWith({ success, msg_code: "NO_ROBOT", msg_info })).rejects.toMatchObject({
      code: "VENDOR_REFUSED",
      message: "wombat: NO_ROBOT 机器人不存在 ***",
      details: { vendor: "wombat", msg_code: "NO_ROBOT", msg_info: "机器人不存在 ***" },
    });
  });
});
