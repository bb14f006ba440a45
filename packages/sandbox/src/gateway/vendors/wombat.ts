import { randomUUID } from "node:crypto";
import { sandboxAccount } from "../../accounts.ts";
import { writePlatformTime } from "../top/platform-time.ts";
import type { TopStruct } from "../top/top-envelope.ts";
import { invalidParameter, topError } from "../top/top-error.ts";
import type { Refusal, TopVendor, VendorContext } from "./vendor.ts";

const BUCKET = "wombat";

// Layout of the bucket: <merchant_code>/<scenes_code>/<ou_code>/<robot_sn>/, without the codes that aren't given

const names = ["merchant_code", "scenes_code", "ou_code", "robot_sn"] as const;

/** A code names one folder: it can't be a pattern of a policy. */
const KNOWN_CODE = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}_.-]*$/u;

/** `taobao.wdk.iot.wombat.common.gettoken`: a token for the folder of a scene, store or robot. */
export const wombat: TopVendor = {
  method: "taobao.wdk.iot.wombat.common.gettoken",
  buckets: [BUCKET],

  answer(parameters, context) {
    const codes = readCodes(parameters);
    const refusal = context.refusalOf(codes.join("/")) ?? unknownCode(codes);
    if (refusal !== undefined) {
      return { result: { success: false, msg_info: refusal.message, msg_code: refusal.code } };
    }
    const data = tokenFor(`${codes.join("/")}/`, parameters.get("scenes_code"), context);
    return { result: { data, success: true, msg_info: "success", msg_code: "success" } };
  },

  config: ({ gatewayUrl }) => ({
    gateway: gatewayUrl,
    app_key: sandboxAccount.appKey,
    app_secret: sandboxAccount.appSecret,
    sign_method: "hmac-sha256",
    oss: { region: sandboxAccount.region, path_style: true },
  }),
};

function readCodes(parameters: ReadonlyMap<string, string>): string[] {
  const scenesCode = parameters.get("scenes_code");
  if (scenesCode && !/^\d+$/u.test(scenesCode)) {
    throw topError(41, "isv.invalid-parameter:scenes_code", "scenes_code isn't a number");
  }
  const codes = names.map((name) => parameters.get(name) ?? "").filter((code) => code !== "");
  if (codes.length === 0) throw invalidParameter("one of the codes is needed");
  return codes;
}

function unknownCode(codes: readonly string[]): Refusal | undefined {
  if (codes.every((code) => KNOWN_CODE.test(code))) return undefined;
  return { code: "SCENE_NOT_EXIST", message: "场景不存在" };
}

function tokenFor(dir: string, scene: string | undefined, context: VendorContext): TopStruct {
  const place = context.placeOf({ bucket: BUCKET, prefix: dir });
  const key = context.issue({
    actions: context.actions,
    resources: [`acs:oss:*:*:${place.bucket}/${place.prefix}*`],
  });
  return {
    access_key_id: key.accessKeyId,
    access_key_secret: key.accessKeySecret,
    bucket_name: place.bucket,
    expiration_time: writePlatformTime(key.expiresAt),
    m_request_id: randomUUID(),
    scene,
    security_token: key.securityToken,
    endpoint: place.endpoint,
    dir: place.prefix,
  };
}
