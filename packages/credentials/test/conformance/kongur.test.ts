import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createVendors, folderKey, type Vendor } from "../../src/index.ts";
import { describeVendor } from "./describe-vendor.ts";
import { type FakeGateway, startFakeGateway } from "./fake-gateway.ts";

const method = "alibaba.kongur.token.getosstoken";
const secrets = ["kongur-app-secret", "kongur-session", "kongur-ak-secret", "kongur-oss-token"];
const token = {
  oss_token: "kongur-oss-token",
  access_key_id: "STS.1",
  secret_access_key: "kongur-ak-secret",
  oss_dir_map: JSON.stringify({ "1001": "suits/1001", "1002": "suits/1002" }),
  entrust_oss_folder: "entrusts/E-77",
  lawyer_oss_folder: "lawyers/L",
  firm_oss_folder: "firms/F",
  success: true,
};

function enveloped(result: object): object {
  return {
    alibaba_kongur_token_getosstoken_response: { kongur_oss_result_do: result, request_id: "r1" },
  };
}
const healthy = () =>
  enveloped({ success: true, datas: { oss_token_result_vo: [token] }, errors: {} });

function kongurAt(gateway: FakeGateway, more: object = {}): Vendor {
  const options = {
    gateway: gateway.url,
    app_key: "12345678",
    app_secret: "kongur-app-secret",
    session: "kongur-session",
    kongur_app_key: "k",
    oss: { endpoint: "oss-cn-hangzhou.aliyuncs.com", region: "cn-hangzhou", bucket: "evidence" },
    ...more,
  };
  return createVendors({ kongur: options }).kongur as Vendor;
}

describeVendor("kongur", async () => {
  const gateway = await startFakeGateway(secrets.join());
  gateway.answer(healthy);
  return {
    vendor: kongurAt(gateway),
    gateway,
    folder: {
      vendor: "kongur",
      entrust_id: "E-77",
      suit_ids: ["1002", "1001"],
      folder: { suit_id: "1001" },
    },
    method,
    carries: ["E-77", "1001,1002"],
    appSecret: "kongur-app-secret",
    secrets,
  };
});

describe("kongur", () => {
  let gateway: FakeGateway;
  const { signal } = new AbortController();
  const of = (folder: Record<string, string>, suit_ids = ["1002", "1001"]) => ({
    vendor: "kongur",
    entrust_id: "E-77",
    suit_ids,
    folder,
  });

  beforeAll(async () => {
    gateway = await startFakeGateway("");
  });
  beforeEach(() => gateway.answer(healthy));
  afterAll(() => gateway.stop());

  it("asks once for the suits and the entrust, lawyer and firm folders", () => {
    const vendor = kongurAt(gateway);
    const calls = [
      { suit_id: "1001" },
      { suit_id: "1002" },
      { role: "entrust" },
      { role: "lawyer" },
      { role: "firm" },
    ];
    const asked = new Set(calls.map((folder) => JSON.stringify(vendor.call(of(folder)))));
    expect([...asked]).toEqual(['{"entrust_id":"E-77","suit_ids":"1001,1002"}']);
  });

  it("asks for a suit of its own too", () => {
    expect(kongurAt(gateway).call(of({ suit_id: "1000" })).suit_ids).toBe("1000,1001,1002");
  });

  it("needs an entrust for a role's folder", () => {
    const vendor = kongurAt(gateway);
    expect(() => vendor.call({ ...of({ role: "firm" }), entrust_id: undefined })).toThrow(
      expect.objectContaining({
        code: "REQUEST_INVALID",
        message: expect.stringMatching(/^entrust_id: /),
      }),
    );
  });

  it("won't ask for an id that contains the separator, which would be two", () => {
    const vendor = kongurAt(gateway, { suit_ids_separator: ";" });
    expect(() => vendor.call(of({ suit_id: "1;2" }))).toThrow(/^folder\.suit_id: /);
    expect(() => vendor.call(of({ role: "firm" }, ["1;2"]))).toThrow(/^suit_ids: /);
    expect(vendor.call(of({ suit_id: "1,2" }, [])).suit_ids).toBe("1,2");
  });

  it.each([[{ suit_id: "1", role: "firm" }], [{ role: "judge" }], [{ suit_id: " " }]])(
    "rejects %j as a folder",
    (folder) => {
      expect(kongurAt(gateway).selector.safeParse(folder).success).toBe(false);
    },
  );

  it("takes endpoint, bucket and the life from its options", async () => {
    const vendor = kongurAt(gateway, { lease_ttl: 900 });
    const { leases } = await vendor.issue(vendor.call(of({ role: "firm" })), { signal });
    expect(leases[0]).toMatchObject({
      bucket: {
        endpoint: "https://oss-cn-hangzhou.aliyuncs.com",
        region: "cn-hangzhou",
        name: "evidence",
        pathStyle: false,
        signatureVersion: "v4",
      },
      ends: { after: 900_000 },
      credentials: {
        accessKeyId: "STS.1",
        accessKeySecret: "kongur-ak-secret",
        securityToken: "kongur-oss-token",
      },
    });
  });

  it.each([
    ["endpoint", { endpoint: "https://evidence.oss-cn-hangzhou.aliyuncs.com" }],
    ["region", { endpoint: "https://oss-cn-shanghai.aliyuncs.com" }],
  ])("isn't made with a place whose %s is wrong", (key, more) => {
    const oss = { region: "cn-hangzhou", bucket: "evidence", ...more };
    expect(() => kongurAt(gateway, { oss })).toThrow(
      expect.objectContaining({ message: expect.stringContaining(`oss.${key}: `) }),
    );
  });

  it("finds a suit's folder by the configured key", async () => {
    const oss_dir_map = JSON.stringify({ "suit-1001/$&": "s/1" });
    gateway.answer(() => enveloped({ success: true, datas: [{ ...token, oss_dir_map }] }));
    const vendor = kongurAt(gateway, { oss_dir_key: "suit-{suit_id}/$&" });
    const { leases } = await vendor.issue(vendor.call(of({ suit_id: "1001" })), { signal });
    expect(leases[0]?.folders[folderKey({ suit_id: "1001" })]).toBe("s/1/");
  });

  it("reports half a success for each folder", async () => {
    gateway.answer(() =>
      enveloped({
        success: "false",
        datas: { oss_token_result_vo: { ...token, oss_dir_map: '{"1001":"suits/1001"}' } },
        errors: {
          result_data_do: [
            { business_id: "1002", return_error_code: "SUIT_CLOSED", error_msg: "案件已结案" },
          ],
        },
      }),
    );
    const vendor = kongurAt(gateway);
    const { leases, refusals } = await vendor.issue(vendor.call(of({ suit_id: "1001" })), {
      signal,
    });
    expect(Object.keys(leases[0]?.folders ?? {})).toContain(folderKey({ suit_id: "1001" }));
    expect(refusals).toEqual([
      { folder: folderKey({ suit_id: "1002" }), code: "SUIT_CLOSED", message: "案件已结案" },
    ]);
  });

  it("reads the simplified form", async () => {
    gateway.answer(() => ({
      kongur_oss_result_do: { success: true, datas: [token] },
      request_id: "r",
    }));
    const vendor = kongurAt(gateway);
    const { leases } = await vendor.issue(vendor.call(of({ role: "firm" })), { signal });
    expect(leases[0]?.folders[folderKey({ role: "firm" })]).toBe("firms/F/");
  });

  it.each([["{"], ["[]"], ['{"1001":{}}']])("can't use %j as oss_dir_map", async (oss_dir_map) => {
    gateway.answer(() => enveloped({ success: true, datas: [{ ...token, oss_dir_map }] }));
    const vendor = kongurAt(gateway);
    await expect(vendor.issue(vendor.call(of({ role: "firm" })), { signal })).rejects.toMatchObject(
      {
        code: "VENDOR_ANSWER_INVALID",
        message: expect.stringContaining("kongur_oss_result_do.datas.0.oss_dir_map"),
      },
    );
  });
});
