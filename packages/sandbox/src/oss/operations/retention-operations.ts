import { createHash } from "node:crypto";
import { readText } from "../../http/read-text.ts";
import { ossError } from "../protocol/oss-error.ts";
import type { DefaultRetention } from "../storage/retentions.ts";
import { xml } from "./multipart-operations.ts";
import { existing } from "./object-operations.ts";
import type { Operation } from "./operation.ts";

const DOCUMENT =
  /^\s*(?:<\?xml[^>]*\?>)?\s*<Retention>\s*<Mode>COMPLIANCE<\/Mode>\s*<RetainUntilDate>(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z)<\/RetainUntilDate>\s*<\/Retention>\s*$/u;

export const putObjectRetention: Operation = {
  name: "PutObjectRetention",
  action: "oss:PutObjectRetention",
  async handle(request, state) {
    const { bucket, key } = existing(request, state).record;
    const body = await readText(request.body, () => ossError("MalformedXML"));
    const md5 = createHash("md5").update(body).digest("base64");
    if (request.headers["content-md5"] !== md5) throw ossError("InvalidDigest");
    const until = Date.parse(DOCUMENT.exec(body)?.[1] ?? "");
    if (Number.isNaN(until)) throw ossError("MalformedXML");
    if (until <= state.now()) throw ossError("InvalidArgument", "The date is over.");
    state.retentions.keep(bucket, key, until);
    return { status: 200 };
  },
};

/** What a bucket's own policy keeps. */
export const getBucketWorm: Operation = {
  name: "GetBucketWorm",
  action: "oss:GetBucketWorm",
  handle({ bucket }, { retentions, now }) {
    const policy = retentions.policyOf(bucket);
    if (policy === undefined) throw ossError("NoSuchWORMConfiguration");
    return xml("WormConfiguration", {
      WormId: createHash("md5").update(bucket).digest("hex").toUpperCase(),
      State: policy.state,
      RetentionPeriodInDays: policy.days,
      CreationDate: new Date(now()).toISOString(),
    });
  },
};

/** What ObjectWorm keeps by itself. OSS's pages name no code of its 404; this one is made up. */
export const getBucketObjectWorm: Operation = {
  name: "GetBucketObjectWormConfiguration",
  action: "oss:GetBucketObjectWormConfiguration",
  handle({ bucket }, { retentions }) {
    const worm = retentions.objectWormOf(bucket);
    if (worm === undefined) throw ossError("NoSuchObjectWormConfiguration");
    const rule = worm.rule && ruleXml(worm.rule);
    return xml("ObjectWormConfiguration", { ObjectWormEnabled: "Enabled", Rule: rule });
  },
};

function ruleXml(rule: DefaultRetention) {
  const period = "days" in rule ? { Days: rule.days } : { Years: rule.years };
  return { DefaultRetention: { Mode: rule.mode, ...period } };
}
