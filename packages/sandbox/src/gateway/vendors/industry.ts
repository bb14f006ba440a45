import { sandboxAccount } from "../../accounts.ts";
import { presignPut } from "../../oss/signing/presigned.ts";
import type { TemporaryKey } from "../../tokens/token-issuer.ts";
import { failedInBackend } from "../iot/iot-error.ts";
import type { FolderPlace, IotVendor, VendorContext } from "./vendor.ts";

const BUCKET = "iotx-industry";

const suffixes: readonly unknown[] = ["jpg", "png", "gif"];
const types: readonly unknown[] = ["OWNBRAND", "OTHERBRAND"];
const IMAGES = 10;
const LARGEST_LONG = 2n ** 63n;

interface Query {
  /** Its digits: a Long may be larger than what a number holds exactly. */
  id: string;
  index: number;
  suffix: string;
  type: string;
}

/** `/industry/qualification/oss/sts/get`: a token for one image of a brand's record. */
export const industry: IotVendor = {
  path: "/industry/qualification/oss/sts/get",
  apiVersion: "1.0.0",
  buckets: [BUCKET],

  answer(parameters, context) {
    const query = readQuery(parameters);
    const refusal = context.refusalOf(query.id);
    // The code is a number.
    if (refusal) throw failedInBackend(Number(refusal.code) || 403, refusal.message);
    const prefix = `${query.type}/${query.id}/`;
    const place = context.placeOf({ bucket: BUCKET, prefix });
    const key = `${place.prefix}${query.index}.${query.suffix}`;
    const token = context.issue({
      actions: context.actions,
      resources: [`acs:oss:*:*:${place.bucket}/${key}`],
    });
    return {
      accessKeyId: token.accessKeyId,
      accessKeySecret: token.accessKeySecret,
      securityToken: token.securityToken,
      endpoint: place.endpoint,
      expiration: new Date(token.expiresAt).toISOString().replace(/\.\d+Z$/u, "Z"),
      uploadUrl: uploadUrl(place, key, token, context),
    };
  },

  config: ({ iotUrl }) => ({
    gateway: iotUrl,
    app_key: sandboxAccount.appKey,
    app_secret: sandboxAccount.appSecret,
    app_id: sandboxAccount.industryAppId,
    stage: "RELEASE",
    oss: { region: sandboxAccount.region, path_style: true },
  }),
};

function readQuery(parameters: Record<string, unknown>): Query {
  const { appId, index, id, suffix, type, ...others } = parameters;
  const isKnown =
    appId === sandboxAccount.industryAppId && suffixes.includes(suffix) && types.includes(type);
  const isImage = Number.isInteger(index) && Number(index) >= 1 && Number(index) <= IMAGES;
  const isId = typeof id === "bigint" && id >= 1n && id < LARGEST_LONG;
  if (!isKnown || !isImage || !isId || Object.keys(others).length > 0) {
    throw failedInBackend(460, "request parameter error.");
  }
  return { id: String(id), index: Number(index), suffix: String(suffix), type: String(type) };
}

function uploadUrl(
  { endpoint: ossUrl, bucket }: FolderPlace,
  key: string,
  by: TemporaryKey,
  { now, uploadUrls }: VendorContext,
): string {
  // As in the vendor's document: the bucket before the endpoint, and no path.
  if (uploadUrls === "bucket") return ossUrl.replace("://", `://${bucket}.`);
  const version = uploadUrls === "signed-v1" ? "v1" : "v4";
  return presignPut({ ossUrl, bucket, key, by, region: sandboxAccount.region, version, now });
}
