import { createHmac } from "node:crypto";
import { expect, it } from "vitest";
import { type Sandbox, sandboxAccount } from "../../src/index.ts";
import { aliOss, callTop, sandboxForTest } from "./sandbox-for-test.ts";

type Json = Record<string, unknown>;

function rexCall(scenes: string, change: Record<string, string> = {}): Record<string, string> {
  const { rexAccessKey, rexAccessSecret } = sandboxAccount;
  const time = change.rex_access_time ?? String(Date.now());
  const hmac = createHmac("sha256", rexAccessSecret).update(rexAccessKey + time + scenes);
  return {
    method: "wdk.rex.platform.deamon.osstoken",
    rex_access_key: rexAccessKey,
    rex_access_time: time,
    scenes,
    rex_access_secret_sign: hmac.digest("hex"),
    ...change,
  };
}

async function rexResult(sandbox: Sandbox, scenes: string): Promise<Json & { tokens: Json[] }> {
  const { body } = await callTop(sandbox, rexCall(scenes));
  const { result } = body.wdk_rex_platform_deamon_osstoken_response as { result: Json };
  const { oss_token_d_os: tokens } = result.model as { oss_token_d_os: Json[] };
  return { ...result, tokens };
}

const wombatCall = { method: "taobao.wdk.iot.wombat.common.gettoken", merchant_code: "HM" };

it("gives each scene of rex a token of its own, for its own folder", async () => {
  const sandbox = await sandboxForTest();
  const { success, tokens } = await rexResult(sandbox, '["a","b"]');
  expect(success).toBe(true);
  expect(tokens.map(({ scene }) => scene)).toEqual(["a", "b"]);
  const [a] = tokens as Record<string, string>[];
  const client = aliOss(sandbox, {
    accessKeyId: a?.access_key_id ?? "",
    accessKeySecret: a?.access_key_secret ?? "",
    securityToken: a?.security_token ?? "",
  });
  client.useBucket("rex");
  await client.put("a/x.txt", Buffer.from("x"));
  await expect(client.put("b/x.txt", Buffer.from("x"))).rejects.toMatchObject({
    code: "AccessDenied",
  });
});

it("half succeeds for rex when one scene is refused, and fails when all are", async () => {
  const sandbox = await sandboxForTest();
  sandbox.gateway.refuse({ vendor: "rex", folder: "b", code: "CLOSED", message: "closed" });
  const half = await rexResult(sandbox, '["a","b"]');
  expect(half).toMatchObject({ success: true, msg_code: "success" });
  expect(half.tokens).toMatchObject([
    { scene: "a", success: true },
    { scene: "b", success: false, msg_code: "CLOSED", msg_info: "closed" },
  ]);
  expect(half.tokens[1]).not.toHaveProperty("security_token");
  expect(await rexResult(sandbox, '["b","../x"]')).toMatchObject({ success: false });
});

it.each([
  ["no signature", { rex_access_secret_sign: "" }, 40],
  ["a wrong signature", { rex_access_secret_sign: "0".repeat(64) }, 50],
  ["another key", { rex_access_key: "x" }, 50],
  ["seconds", { rex_access_time: String(Math.floor(Date.now() / 1000)) }, 50],
  ["an old time", { rex_access_time: "1700000000000" }, 50],
])("refuses %s of rex", async (_, change, code) => {
  const sandbox = await sandboxForTest();
  const { body } = await callTop(sandbox, rexCall('["a"]', change));
  expect(body.error_response).toMatchObject({ code });
});

it.each(["a", "[]", "[1]", '[""]', '{"a":1}'])("takes no scenes like %s", async (scenes) => {
  const sandbox = await sandboxForTest();
  const { body } = await callTop(sandbox, rexCall(scenes));
  expect(body.error_response).toMatchObject({ code: 41, sub_code: "isv.invalid-parameter:scenes" });
});

it("opens a folder of wombat's with bucket, endpoint and a time in GMT+8", async () => {
  const sandbox = await sandboxForTest();
  const { body } = await callTop(sandbox, { ...wombatCall, scenes_code: "1", robot_sn: "R1" });
  const { result } = body.wdk_iot_wombat_common_gettoken_response as { result: Json };
  expect(result).toMatchObject({
    success: true,
    data: { bucket_name: "wombat", endpoint: sandbox.ossUrl, dir: "HM/1/R1/", scene: "1" },
  });
  const { expiration_time } = result.data as { expiration_time: string };
  const end = Date.parse(`${expiration_time.replace(" ", "T")}+08:00`);
  expect(Math.abs(end - Date.now() - 3_600_000)).toBeLessThan(60_000);
});

it("refuses a folder of wombat's, and codes that are none", async () => {
  const sandbox = await sandboxForTest();
  sandbox.gateway.refuse({ vendor: "wombat", folder: "HM", code: "CLOSED", message: "closed" });
  const refused = await callTop(sandbox, wombatCall);
  expect(refused.body.wdk_iot_wombat_common_gettoken_response).toMatchObject({
    result: { success: false, msg_code: "CLOSED", msg_info: "closed" },
  });
  const strange = await callTop(sandbox, { ...wombatCall, ou_code: ".." });
  expect(strange.body.wdk_iot_wombat_common_gettoken_response).toMatchObject({
    result: { success: false, msg_code: "SCENE_NOT_EXIST" },
  });
  const { method } = wombatCall;
  expect((await callTop(sandbox, { method })).body.error_response).toMatchObject({ code: 50 });
  const text = await callTop(sandbox, { method, scenes_code: "one" });
  expect(text.body.error_response).toMatchObject({ code: 41 });
});
