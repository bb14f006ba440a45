import { sandboxAccount } from "../../accounts.ts";
import { type TopStruct, topList } from "../top/top-envelope.ts";
import { invalidParameter, topError } from "../top/top-error.ts";
import type { Refusal, TopVendor, VendorContext } from "./vendor.ts";

const BUCKET = "deepvision";

const required = [
  "product_code",
  "scene_code",
  "usage_scene",
  "op_poi_id",
  "op_tenant_code",
] as const;
const optional = ["request_id", "token"] as const;
type Query = Record<(typeof required)[number], string> &
  Partial<Record<(typeof optional)[number], string>>;

/** An id names one folder: it can't be a pattern of a policy. */
const KNOWN_ID = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}_.-]*$/u;

/** `…deepvision…common.token.get`: a token for a store's folder `<tenant>/<store>/`, which only its policy names. */
export const deepvision: TopVendor = {
  method: "alibaba.security.deepvision.proxy.security.common.token.get",
  buckets: [BUCKET],

  answer(parameters, context) {
    const query = readQuery(parameters.get("param"));
    const envelope = { resp_request_id: query.request_id };
    const refusal = context.refusalOf(query.op_poi_id) ?? unknownStore(query);
    if (refusal !== undefined) {
      const { code, message } = refusal;
      // resp_code is a Number.
      return { ...envelope, resp_success: false, resp_code: Number(code) || 500, message };
    }
    return {
      result: credentialFor(query, context),
      ...envelope,
      resp_success: true,
      resp_code: 200,
      message: "成功",
    };
  },

  config: ({ gatewayUrl }) => ({
    gateway: gatewayUrl,
    app_key: sandboxAccount.appKey,
    app_secret: sandboxAccount.appSecret,
    sign_method: "hmac-sha256",
    product_code: "oss",
    scene_code: "evidence",
    usage_scene: "upload",
    network: "public",
    oss: { region: sandboxAccount.region, path_style: true },
  }),
};

/** `param` is a struct, so it travels as JSON in a string (PROTOCOLS, section 1.4). */
function readQuery(text: string | undefined): Query {
  if (!text) throw topError(40, "isv.missing-parameter:param", "param is needed");
  const param = parseObject(text);
  for (const name of required) {
    if (param[name] === undefined || param[name] === "") {
      throw topError(40, `isv.missing-parameter:${name}`, `param.${name} is needed`);
    }
  }
  for (const [name, value] of Object.entries(param)) {
    const known: readonly string[] = [...required, ...optional];
    if (!known.includes(name)) throw invalidParameter(`param.${name} isn't known`);
    if (typeof value !== "string") throw invalidParameter(`param.${name} isn't a string`);
  }
  return param as Query;
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Not JSON: the same answer as for JSON that isn't an object.
  }
  throw topError(41, "isv.invalid-parameter:param", "param isn't a JSON object");
}

function unknownStore(query: Query): Refusal | undefined {
  const known = KNOWN_ID.test(query.op_poi_id) && KNOWN_ID.test(query.op_tenant_code);
  return known ? undefined : { code: "404", message: "门店不存在" };
}

function credentialFor(query: Query, context: VendorContext): TopStruct {
  const prefix = `${query.op_tenant_code}/${query.op_poi_id}/`;
  const place = context.placeOf({ bucket: BUCKET, prefix });
  const bucket = `acs:oss:*:*:${place.bucket}`;
  const resources = [bucket, `${bucket}/${place.prefix}*`];
  const key = context.issue({ actions: context.actions, resources });
  const statement: TopStruct = {
    resource: topList("string", resources),
    effect: "Allow",
    action: topList("string", context.actions),
  };
  return {
    access_key_id: key.accessKeyId,
    access_key_secret: key.accessKeySecret,
    token: key.securityToken,
    product_code: query.product_code,
    scene_code: query.scene_code,
    end_point_public: place.endpoint,
    end_point_internal: place.endpoint,
    expiration: new Date(key.expiresAt).toISOString().replace(/\.\d+Z$/u, "Z"),
    tenant_code: query.op_tenant_code,
    field_id: query.op_poi_id,
    policy: { version: "1", statement: topList("datas", [statement]) },
  };
}
