import { randomUUID } from "node:crypto";
import { ExhibitError } from "@exhibit/contracts";
import { z } from "zod";
import { createRedactor } from "../gateways/redactor.ts";
import { createTopClient, topAccount } from "../gateways/top.ts";
import { topList, topOptionalText } from "../gateways/top-answer.ts";
import type { Bucket } from "../lease.ts";
import { bucketFrom, bucketName, bucketOptions } from "../options/bucket.ts";
import { secret, secretsIn } from "../options/secret.ts";
import { folderKey, type Vendor, type VendorDependencies } from "../vendor.ts";
import { answeredEndpoint, answeredPrefix } from "./answered-place.ts";
import { endOptions, leaseEnd } from "./expiration.ts";
import { writablePlaces } from "./policy.ts";
import { unusableAnswer } from "./unusable-answer.ts";

export const deepvisionOptions = z.strictObject({
  ...topAccount.shape,
  ...endOptions.shape,
  product_code: z.string().min(1),
  scene_code: z.string().min(1),
  usage_scene: z.string().min(1),
  /** An optional parameter of the call that the vendor's document doesn't explain. */
  token: secret().optional(),
  /** Which of the answer's two endpoints is used. */
  network: z.enum(["public", "internal"]).default("public"),
  oss: bucketOptions,
});
type Options = z.output<typeof deepvisionOptions>;

const statement = z.object({
  effect: z.string(),
  action: topList(z.string()),
  resource: topList(z.string()),
});
const credential = z.object({
  access_key_id: z.string().min(1),
  access_key_secret: z.string().min(1),
  token: z.string().min(1),
  end_point_public: topOptionalText,
  end_point_internal: topOptionalText,
  expiration: topOptionalText,
  policy: z.object({ statement: topList(statement) }),
});
type Credential = z.output<typeof credential>;
const verdict = z.object({
  resp_code: topOptionalText,
  message: topOptionalText,
  resp_request_id: topOptionalText,
});
/** A refusal may have an empty `result`, so the two are distinguished first. */
const answer = z.preprocess(
  withVerdict,
  z.discriminatedUnion("resp_success", [
    z.object({ ...verdict.shape, resp_success: z.literal(true), result: credential }),
    z.object({ ...verdict.shape, resp_success: z.literal(false) }),
  ]),
);

const selector = z.strictObject({
  op_poi_id: z.string().trim().min(1),
  op_tenant_code: z.string().trim().min(1),
});

export const deepvisionExample = { op_poi_id: "p1", op_tenant_code: "t1" };

/**
 * `alibaba.security.deepvision.proxy.security.common.token.get`: one call opens one store's folder.
 */
export function deepvision(options: Options, { now, tunnel }: VendorDependencies = {}): Vendor {
  const name = "deepvision";
  const redact = createRedactor(secretsIn(deepvisionOptions, options));
  const gateway = createTopClient({ vendor: name, account: options, now, tunnel, redact });
  return {
    name,
    selector,
    call: ({ folder }) => selector.parse(folder),
    async issue(call, { signal }) {
      const { product_code, scene_code, usage_scene, token } = options;
      const param = {
        product_code,
        scene_code,
        usage_scene,
        token,
        ...call,
        request_id: randomUUID(),
      };
      const said = await gateway.call({
        method: "alibaba.security.deepvision.proxy.security.common.token.get",
        // A struct is sent as the JSON text of one parameter.
        parameters: { param: JSON.stringify(param) },
        answer,
        signal,
      });
      if (!said.resp_success)
        throw refused(name, { ...said, message: redact(said.message ?? "without a reason") });
      const { bucket, prefix, prefixes } = placeOf(name, said.result, options);
      return {
        leases: [
          {
            credentials: {
              accessKeyId: said.result.access_key_id,
              accessKeySecret: said.result.access_key_secret,
              securityToken: said.result.token,
            },
            bucket,
            folders: { [folderKey(call)]: prefix },
            prefixes,
            ends: leaseEnd(name, "expiration", said.result.expiration, options),
          },
        ],
        refusals: [],
      };
    },
  };
}

function withVerdict(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const said = "resp_success" in value ? value.resp_success : true;
  return { ...value, resp_success: said !== false && said !== "false" };
}

function refused(vendor: string, said: z.output<typeof verdict>): ExhibitError {
  const { resp_code = "", message = "", resp_request_id = "" } = said;
  const request = resp_request_id === "" ? "" : ` (request ${resp_request_id})`;
  return new ExhibitError(
    "VENDOR_REFUSED",
    `${vendor}: ${`${resp_code} ${message}`.trim()}${request}`,
    {
      details: { vendor, resp_code, message, resp_request_id },
    },
  );
}

/** Only the policy's resources name the bucket and the prefixes. */
function placeOf(vendor: string, said: Credential, options: Options) {
  const places = writablePlaces(said.policy.statement);
  const [first] = places;
  const name = bucketName.safeParse(first?.bucket);
  if (first === undefined || !name.success) {
    const fault = "its policy opens no folder for PutObject; a whole bucket doesn't count as one";
    throw unusableAnswer(vendor, fault);
  }
  // The destination of evidence must not be a matter of chance.
  if (places.some(({ bucket }) => bucket !== first.bucket)) {
    throw unusableAnswer(vendor, "its policy opens folders in more than one bucket");
  }
  return {
    bucket: bucketOf(vendor, said, name.data, options),
    prefix: answeredPrefix(vendor, first.prefix),
    prefixes: places.map(({ prefix }) => answeredPrefix(vendor, prefix)),
  };
}

function bucketOf(vendor: string, said: Credential, name: string, options: Options): Bucket {
  const field = options.network === "public" ? "end_point_public" : "end_point_internal";
  const endpoint = answeredEndpoint(vendor, field, said[field] ?? "", name, options.oss);
  return bucketFrom(options.oss, { endpoint, name });
}
