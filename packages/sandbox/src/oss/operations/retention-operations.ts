import { createHash } from "node:crypto";
import { readText } from "../../http/read-text.ts";
import { ossError } from "../protocol/oss-error.ts";
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
