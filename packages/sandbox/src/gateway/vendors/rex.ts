import { createHmac, randomUUID } from "node:crypto";
import { z } from "zod";
import { sandboxAccount } from "../../accounts.ts";
import { writePlatformTime } from "../top/platform-time.ts";
import { type TopStruct, topList } from "../top/top-envelope.ts";
import { invalidParameter, topError } from "../top/top-error.ts";
import type { Refusal, TopVendor, VendorContext } from "./vendor.ts";

const BUCKET = "rex";

// Layout of the bucket: <scene>/

/** The real formula isn't public: this is the sandbox's own. */
const signTemplate = "{rex_access_key}{rex_access_time}{scenes}";

/** `rex_access_time` may be off by as much as the platform's own timestamp. */
const TOLERANCE_MS = 10 * 60_000;

const required = ["rex_access_key", "rex_access_time", "scenes", "rex_access_secret_sign"] as const;
type Query = Record<(typeof required)[number], string>;

const sceneList = z
  .string()
  .transform((text, context) => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      context.addIssue("it isn't JSON");
      return z.NEVER;
    }
  })
  .pipe(z.array(z.string().min(1)).min(1));

/** A code names one folder: it can't be a pattern of a policy. */
const KNOWN_SCENE = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}_.-]*$/u;

/** `wdk.rex.platform.deamon.osstoken`: a token for each scene. */
export const rex: TopVendor = {
  method: "wdk.rex.platform.deamon.osstoken",
  buckets: [BUCKET],

  answer(parameters, context) {
    const query = readQuery(parameters);
    checkAccess(query, context.now);
    const tokens = readScenes(query.scenes).map((scene) => tokenFor(scene, context));
    const success = tokens.some((token) => token.success === true);
    const refused = { msg_info: "没有可用的场景", msg_code: "NO_SCENE" };
    return {
      result: {
        model: topList("oss_token_d_os", tokens),
        ...(success ? { msg_info: "成功", msg_code: "success" } : refused),
        success,
      },
    };
  },

  config: ({ gatewayUrl }) => ({
    gateway: gatewayUrl,
    app_key: sandboxAccount.appKey,
    app_secret: sandboxAccount.appSecret,
    sign_method: "hmac-sha256",
    rex_access_key: sandboxAccount.rexAccessKey,
    rex_access_secret: sandboxAccount.rexAccessSecret,
    sign: { algorithm: "hmac-sha256", template: signTemplate, encoding: "hex", time_unit: "ms" },
    oss: { region: sandboxAccount.region, bucket: BUCKET, path_style: true },
  }),
};

function readQuery(parameters: ReadonlyMap<string, string>): Query {
  const pairs = required.map((name) => {
    const value = parameters.get(name);
    if (!value) throw topError(40, `isv.missing-parameter:${name}`, `${name} is needed`);
    return [name, value];
  });
  return Object.fromEntries(pairs) as Query;
}

function checkAccess(query: Query, now: number): void {
  if (query.rex_access_key !== sandboxAccount.rexAccessKey) {
    throw invalidParameter("rex_access_key is unknown");
  }
  const time = /^\d{13}$/u.test(query.rex_access_time) ? Number(query.rex_access_time) : Number.NaN;
  if (!(Math.abs(now - time) <= TOLERANCE_MS)) {
    throw invalidParameter("rex_access_time isn't the present in milliseconds");
  }
  const text = required.reduce(
    (made, name) => made.split(`{${name}}`).join(query[name]),
    signTemplate,
  );
  const sign = createHmac("sha256", sandboxAccount.rexAccessSecret).update(text).digest("hex");
  if (query.rex_access_secret_sign !== sign) {
    throw invalidParameter("rex_access_secret_sign is wrong");
  }
}

function readScenes(text: string): string[] {
  const scenes = sceneList.safeParse(text);
  if (scenes.success) return [...new Set(scenes.data)];
  throw topError(41, "isv.invalid-parameter:scenes", "scenes isn't a JSON list of codes");
}

function tokenFor(scene: string, context: VendorContext): TopStruct {
  const refusal = context.refusalOf(scene) ?? unknownScene(scene);
  const said = { request_id: randomUUID(), scene };
  if (refusal !== undefined) {
    return { ...said, msg_info: refusal.message, msg_code: refusal.code, success: false };
  }
  const prefix = `${scene}/`;
  const key = context.issue({
    actions: context.actions,
    resources: [`acs:oss:*:*:${BUCKET}/${prefix}*`],
  });
  return {
    ...said,
    access_key_id: key.accessKeyId,
    access_key_secret: key.accessKeySecret,
    security_token: key.securityToken,
    expiration_time: writePlatformTime(key.expiresAt),
    endpoint: context.placeOf({ bucket: BUCKET, prefix }).endpoint,
    success: true,
  };
}

function unknownScene(scene: string): Refusal | undefined {
  if (KNOWN_SCENE.test(scene)) return undefined;
  return { code: "SCENE_NOT_EXIST", message: "场景不存在" };
}
