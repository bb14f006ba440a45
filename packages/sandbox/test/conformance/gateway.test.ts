import { request } from "node:http";
import { expect, it } from "vitest";
import { aliOss, callTop, kongurCall, sandboxForTest } from "./sandbox-for-test.ts";

type Json = Record<string, unknown>;
const deepvision = "alibaba.security.deepvision.proxy.security.common.token.get";
const param = {
  product_code: "oss",
  scene_code: "evidence",
  usage_scene: "upload",
  op_poi_id: "p1",
  op_tenant_code: "t1",
};

function errorOf(body: Json): Json {
  return body.error_response as Json;
}

function kongurResult(body: Json): { success: boolean; datas: Json; errors: Json } {
  const envelope = body.alibaba_kongur_token_getosstoken_response as Json;
  return envelope.kongur_oss_result_do as { success: boolean; datas: Json; errors: Json };
}

it("opens the suits' folders and those of the mandate with one token that OSS takes", async () => {
  const sandbox = await sandboxForTest();
  const { body } = await callTop(sandbox, kongurCall);
  const { success, datas, errors } = kongurResult(body);
  const [token] = datas.oss_token_result_vo as [Record<string, string>];
  expect(success).toBe(true);
  expect(errors).toEqual({});
  expect(JSON.parse(token.oss_dir_map ?? "")).toEqual({
    "1001": "kongur/E-77/suits/1001/",
    "1002": "kongur/E-77/suits/1002/",
  });
  expect(token).toMatchObject({
    entrust_oss_folder: "kongur/E-77/entrust/",
    lawyer_oss_folder: "kongur/E-77/lawyer/",
    firm_oss_folder: "kongur/E-77/firm/",
    success: true,
  });
  const client = aliOss(sandbox, {
    accessKeyId: token.access_key_id ?? "",
    accessKeySecret: token.secret_access_key ?? "",
    securityToken: token.oss_token ?? "",
  });
  await client.put("kongur/E-77/suits/1002/a.txt", Buffer.from("a"));
  await expect(client.put("kongur/E-78/a.txt", Buffer.from("a"))).rejects.toMatchObject({
    code: "AccessDenied",
  });
});

it("gives no folders of a mandate without one", async () => {
  const sandbox = await sandboxForTest();
  const { entrust_id, ...suitsOnly } = kongurCall;
  const { body } = await callTop(sandbox, suitsOnly);
  const [token] = kongurResult(body).datas.oss_token_result_vo as [Json];
  expect(token).not.toHaveProperty("lawyer_oss_folder");
  expect(JSON.parse(String(token.oss_dir_map))).toMatchObject({ "1001": "kongur/suits/1001/" });
});

it("half succeeds when one folder is refused, and fails when all are", async () => {
  const sandbox = await sandboxForTest();
  sandbox.gateway.refuse({
    vendor: "kongur",
    folder: "1002",
    code: "SUIT_CLOSED",
    message: "closed",
  });
  const half = kongurResult((await callTop(sandbox, kongurCall)).body);
  expect(half.success).toBe(true);
  expect(half.errors.result_data_do).toEqual([
    {
      business_id: "1002",
      biz_type: "SUIT",
      field_name_en: "suitIds",
      return_error_code: "SUIT_CLOSED",
      error_msg: "closed",
    },
  ]);
  const { entrust_id, ...suitsOnly } = kongurCall;
  const none = kongurResult((await callTop(sandbox, { ...suitsOnly, suit_ids: "1002,../x" })).body);
  expect(none).toMatchObject({ success: false, datas: {} });
  expect(none.errors.result_data_do).toHaveLength(2);
});

it("answers simplified, without wrappers, when asked to", async () => {
  const sandbox = await sandboxForTest();
  const { body } = await callTop(sandbox, kongurCall, { simplify: "true" });
  expect(body.kongur_oss_result_do).toMatchObject({ datas: [{ success: true }], errors: [] });
});

it("answers in XML by default", async () => {
  const sandbox = await sandboxForTest();
  const { text } = await callTop(sandbox, kongurCall, { format: undefined });
  expect(text).toContain("<datas><oss_token_result_vo><oss_token>");
});

it("opens a store's folder for deepvision and says so in the policy", async () => {
  const sandbox = await sandboxForTest();
  const { body } = await callTop(sandbox, { method: deepvision, param: JSON.stringify(param) });
  const answer = body.alibaba_security_deepvision_proxy_security_common_token_get_response as Json;
  expect(answer).toMatchObject({ resp_success: true, resp_code: 200 });
  expect(answer.result).toMatchObject({
    end_point_public: sandbox.ossUrl,
    expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/u),
    policy: {
      version: "1",
      statement: {
        datas: [
          {
            effect: "Allow",
            resource: {
              string: ["acs:oss:*:*:deepvision", "acs:oss:*:*:deepvision/t1/p1/*"],
            },
          },
        ],
      },
    },
  });
});

it("refuses a store with success false", async () => {
  const sandbox = await sandboxForTest();
  sandbox.gateway.refuse({ vendor: "deepvision", folder: "p1", code: "4003", message: "no" });
  const { body } = await callTop(sandbox, { method: deepvision, param: JSON.stringify(param) });
  expect(Object.values(body)[0]).toMatchObject({
    resp_success: false,
    resp_code: 4003,
    message: "no",
  });
});

it.each([
  ["no method", { method: "" }, {}, 21],
  ["an unknown method", { method: "alibaba.nothing" }, {}, 22],
  ["an unknown format", {}, { format: "yaml" }, 23],
  ["no signature", {}, { sign: undefined }, 24],
  ["a wrong signature", {}, { sign: "0".repeat(64) }, 25],
  ["an unknown signing method", {}, { sign_method: "sha1" }, 25],
  ["no app key", {}, { app_key: undefined }, 28],
  ["an unknown app key", {}, { app_key: "1" }, 29],
  ["no timestamp", {}, { timestamp: undefined }, 30],
  ["an old timestamp", {}, { timestamp: "2016-01-01 12:00:00" }, 31],
  ["a timestamp of another form", {}, { timestamp: "1700000000" }, 31],
  ["no version", {}, { v: undefined }, 32],
  ["another version", {}, { v: "1.0" }, 33],
  ["no ids", { suit_ids: ",", entrust_id: "" }, {}, 50],
  ["an unknown kongur key", { kongur_app_key: "x" }, {}, 50],
  ["no param", { method: deepvision }, {}, 40],
  ["a param without a store", { method: deepvision, param: "{}" }, {}, 40],
  ["a param that isn't JSON", { method: deepvision, param: "{" }, {}, 41],
  ["a simplify that isn't a boolean", {}, { simplify: "yes" }, 41],
])("refuses %s", async (_, business, change, code) => {
  const sandbox = await sandboxForTest();
  const { status, body, text } = await callTop(sandbox, { ...kongurCall, ...business }, change);
  expect(status).toBe(200);
  // Before its format is known, a call is answered in XML.
  if (text.startsWith("<")) expect(text).toContain(`<code>${code}</code>`);
  else expect(errorOf(body)).toMatchObject({ code, request_id: expect.any(String) });
});

it("judges timestamps by its own clock and tells it in the Date header", async () => {
  const sandbox = await sandboxForTest();
  sandbox.clocks.skew({ gateway: 11 * 60_000 });
  const { body } = await callTop(sandbox, kongurCall);
  expect(errorOf(body)).toMatchObject({ code: 31, sub_code: "isv.timestamp-limit-error" });
  const { headers } = await fetch(sandbox.gatewayUrl);
  expect(Date.parse(headers.get("date") ?? "") - Date.now()).toBeGreaterThan(10 * 60_000);
});

it("has moods, each for as many calls as it was told", async () => {
  const sandbox = await sandboxForTest();
  sandbox.gateway.fail({ mood: "throttled", banSeconds: 7, vendor: "kongur" });
  expect(errorOf((await callTop(sandbox, kongurCall)).body)).toMatchObject({
    code: 7,
    sub_msg: "This ban will last for 7 more seconds",
  });
  sandbox.gateway.fail({ mood: "denied" });
  expect(errorOf((await callTop(sandbox, kongurCall)).body)).toMatchObject({ code: 11 });
  sandbox.gateway.fail({ mood: "down" });
  expect((await callTop(sandbox, kongurCall)).status).toBe(502);
  sandbox.gateway.fail({ mood: "malformed" });
  expect((await callTop(sandbox, kongurCall)).body).toEqual({});
  sandbox.gateway.fail({ mood: "reset" });
  await expect(callTop(sandbox, kongurCall)).rejects.toThrow("fetch failed");
  sandbox.gateway.fail({ mood: "denied", vendor: "deepvision" });
  expect(kongurResult((await callTop(sandbox, kongurCall)).body).success).toBe(true);
  expect(sandbox.gateway.log.counts()).toEqual({
    "kongur 7": 1,
    "kongur 11": 1,
    "kongur down": 1,
    "kongur malformed": 1,
    "kongur reset": 1,
    "kongur ok": 1,
  });
});

it("notes the parameters of a call, but not its signature", async () => {
  const sandbox = await sandboxForTest();
  const noted = sandbox.gateway.log.waitFor((call) => call.vendor === "kongur");
  await callTop(sandbox, kongurCall);
  const { parameters } = await noted;
  expect(parameters).toMatchObject({ suit_ids: "1001,1002", app_key: "12345678" });
  expect(parameters).not.toHaveProperty("sign");
});

it("takes orders from another process, as JSON only", async () => {
  const sandbox = await sandboxForTest();
  const order = (type: string, body: unknown) =>
    fetch(`${sandbox.controlUrl}/gateway/faults`, {
      method: "POST",
      headers: { "content-type": type },
      body: JSON.stringify(body),
    });
  expect((await order("application/json", { mood: "denied" })).status).toBe(200);
  expect((await order("application/json", { mood: "angry" })).status).toBe(400);
  expect((await order("text/plain", { mood: "denied" })).status).toBe(400);
  expect(errorOf((await callTop(sandbox, kongurCall)).body)).toMatchObject({ code: 11 });
  const summary = (await (await fetch(sandbox.controlUrl)).json()) as Json;
  expect(summary).toMatchObject({ gateway: { "kongur 11": 1 }, objects: 0 });
});

it("holds OSS's requests, paces them and shows what is open to another process", async () => {
  const sandbox = await sandboxForTest();
  const control = async (path: string, body?: unknown) => {
    const answer = await fetch(`${sandbox.controlUrl}/${path}`, {
      ...(body === undefined
        ? {}
        : {
            method: "POST",
            headers: { "content-type": "application/json" },
            body: JSON.stringify(body),
          }),
    });
    return { status: answer.status, body: (await answer.json()) as Json };
  };
  const hold = await control("oss/hold", { match: { method: "HEAD" } });
  expect(hold.body).toEqual({ hold: 0 });
  expect((await control("oss/held", { hold: 0, seconds: 0.05 })).status).toBe(408);
  const head = fetch(`${sandbox.ossUrl}/evidence/a`, { method: "HEAD" });
  expect((await control("oss/held", { hold: 0 })).status).toBe(200);
  await control("oss/release", { hold: 0 });
  expect((await head).status).toBe(403);
  expect((await control("oss/release", { hold: 7 })).status).toBe(400);

  await control("oss/pace", { milliseconds: 30 });
  await fetch(`${sandbox.ossUrl}/evidence/b`, { method: "HEAD" });
  const seen = await control("oss/requests/since", { position: 1 });
  expect(seen.body).toMatchObject({ entries: [{ key: "b" }], next: 2, missed: 0 });
  expect((seen.body.entries as { took: number }[])[0]?.took).toBeGreaterThanOrEqual(29);
  expect((await control("oss/uploads")).body).toEqual([]);
  await callTop(sandbox, kongurCall);
  expect((await control("tokens")).body).toMatchObject([
    { securityToken: sandbox.tokens.issued()[0]?.securityToken },
  ]);
});

it("its control knows no other name than the machine's: a page whose name leads here reads no tokens", async () => {
  const sandbox = await sandboxForTest();
  const { port } = new URL(sandbox.controlUrl);
  const asked = (host: string, method: string, path: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { host, "content-type": "application/json" };
      const options = { host: "127.0.0.1", port, method, path: `/sandbox/${path}`, headers };
      const asking = request(options, (answer) => resolve(answer.resume().statusCode));
      asking.once("error", reject).end();
    });
  for (const [method, path] of [
    ["GET", "tokens"],
    ["POST", "heal"],
  ] as const) {
    expect(await asked(`evil.example:${port}`, method, path)).toBe(421);
    expect(await asked(`localhost:${port}`, method, path)).toBe(200);
  }
});
