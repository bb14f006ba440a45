import { sandboxAccount } from "../../accounts.ts";
import { type TopStruct, topList } from "../top/top-envelope.ts";
import { invalidParameter } from "../top/top-error.ts";
import type { Refusal, TopVendor, VendorContext } from "./vendor.ts";

const BUCKET = "evidence";

// Layout of the bucket:
//   kongur/<entrust id>/suits/<suit id>/   a suit's folder (without a mandate: kongur/suits/<suit id>/)
//   kongur/<entrust id>/{entrust,lawyer,firm}/

const roles = ["entrust", "lawyer", "firm"] as const;
type Role = (typeof roles)[number];

/** An id names one folder: it can't be a pattern of a policy. Other ids are unknown to this vendor. */
const KNOWN_ID = /^[\p{L}\p{N}(（〔[][\p{L}\p{M}\p{N} _.()（）〔〕[\]-]*$/u;

/** `alibaba.kongur.token.getosstoken`: one token for the suits' folders and those of the mandate. */
export const kongur: TopVendor = {
  method: "alibaba.kongur.token.getosstoken",
  buckets: [BUCKET],

  answer(parameters, context) {
    if (parameters.get("kongur_app_key") !== sandboxAccount.kongurAppKey) {
      throw invalidParameter("kongur_app_key is unknown");
    }
    const entrustId = parameters.get("entrust_id") || undefined;
    const suitIds = (parameters.get("suit_ids") ?? "").split(",").filter((id) => id !== "");
    if (entrustId === undefined && suitIds.length === 0) {
      throw invalidParameter("suit_ids or entrust_id is needed");
    }
    return open(decide(entrustId, suitIds, context), context);
  },

  config: ({ gatewayUrl, ossUrl, leaseSeconds }) => ({
    gateway: gatewayUrl,
    app_key: sandboxAccount.appKey,
    app_secret: sandboxAccount.appSecret,
    sign_method: "hmac-sha256",
    kongur_app_key: sandboxAccount.kongurAppKey,
    suit_ids_separator: ",",
    lease_ttl: leaseSeconds,
    oss: {
      endpoint: ossUrl,
      region: sandboxAccount.region,
      bucket: BUCKET,
      path_style: true,
    },
  }),
};

interface Decision {
  suits: Record<string, string>;
  roles: Partial<Record<Role, string>>;
  errors: TopStruct[];
}

function decide(
  entrustId: string | undefined,
  suitIds: readonly string[],
  context: VendorContext,
): Decision {
  const decision: Decision = { suits: {}, roles: {}, errors: [] };
  // The answer doesn't name the bucket.
  const prefixOf = (prefix: string) => context.placeOf({ bucket: BUCKET, prefix }).prefix;
  const base = entrustId === undefined ? "kongur/" : `kongur/${entrustId}/`;
  const unknownCase = entrustId === undefined ? undefined : unknown("ENTRUST", entrustId);
  for (const id of new Set(suitIds)) {
    const refusal = unknownCase ?? context.refusalOf(id) ?? unknown("SUIT", id);
    if (refusal === undefined) decision.suits[id] = prefixOf(`${base}suits/${id}/`);
    else decision.errors.push(errorOf(id, "SUIT", "suitIds", refusal));
  }
  if (entrustId === undefined) return decision;
  for (const role of roles) {
    const refusal = unknownCase ?? context.refusalOf(role);
    if (refusal === undefined) decision.roles[role] = prefixOf(`${base}${role}/`);
    else decision.errors.push(errorOf(entrustId, "ENTRUST", `${role}OssFolder`, refusal));
  }
  return decision;
}

function unknown(kind: "SUIT" | "ENTRUST", id: string): Refusal | undefined {
  if (KNOWN_ID.test(id)) return undefined;
  return { code: `${kind}_NOT_EXIST`, message: `${id} 不存在` };
}

function errorOf(id: string, type: string, field: string, refusal: Refusal): TopStruct {
  return {
    business_id: id,
    biz_type: type,
    field_name_en: field,
    return_error_code: refusal.code,
    error_msg: refusal.message,
  };
}

/** A partial success counts as a success with errors beside it; nothing opened at all as a failure. */
function open(decision: Decision, context: VendorContext): TopStruct {
  const folders = [...Object.values(decision.suits), ...Object.values(decision.roles)];
  const datas = folders.length === 0 ? [] : [tokenFor(decision, folders, context)];
  return {
    kongur_oss_result_do: {
      success: datas.length > 0,
      datas: topList("oss_token_result_vo", datas),
      errors: topList("result_data_do", decision.errors),
    },
  };
}

function tokenFor(
  decision: Decision,
  folders: readonly string[],
  context: VendorContext,
): TopStruct {
  const key = context.issue({
    actions: context.actions,
    resources: folders.map((folder) => `acs:oss:*:*:${BUCKET}/${folder}*`),
  });
  return {
    oss_token: key.securityToken,
    access_key_id: key.accessKeyId,
    secret_access_key: key.accessKeySecret,
    oss_dir_map: JSON.stringify(decision.suits),
    entrust_oss_folder: decision.roles.entrust,
    lawyer_oss_folder: decision.roles.lawyer,
    firm_oss_folder: decision.roles.firm,
    success: true,
  };
}
