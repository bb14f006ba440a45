import { ExhibitError, type FolderSelector } from "@exhibit/contracts";
import { z } from "zod";
import { createRedactor } from "../gateways/redactor.ts";
import { createTopClient, topAccount } from "../gateways/top.ts";
import { topBoolean, topOptionalText } from "../gateways/top-answer.ts";
import { bucketFrom, bucketName, bucketOptions } from "../options/bucket.ts";
import { secretsIn } from "../options/secret.ts";
import { folderKey, type IssuedLease, type Vendor, type VendorDependencies } from "../vendor.ts";
import { answeredEndpoint, answeredPrefix } from "./answered-place.ts";
import { endOptions, leaseEnd } from "./expiration.ts";
import { partOf } from "./unusable-answer.ts";
import { wdkCredentials, wdkToken } from "./wdk-token.ts";

export const wombatOptions = z.strictObject({
  ...topAccount.shape,
  ...endOptions.shape,
  oss: bucketOptions,
});
type Options = z.output<typeof wombatOptions>;

const answer = z.object({
  result: z.object({
    /** Checked only if `success` says that there is one. */
    data: z.unknown().optional(),
    success: topBoolean.default(true),
    msg_code: topOptionalText,
    msg_info: topOptionalText,
  }),
});
const opened = wdkToken.extend({
  bucket_name: bucketName,
  endpoint: z.string(),
  // An empty folder isn't the whole bucket, but none.
  dir: z.string().min(1),
  expiration_time: topOptionalText,
});

const part = z.string().trim().min(1).optional();
const selector = z
  .strictObject({
    merchant_code: part,
    scenes_code: z.string().trim().regex(/^\d+$/, "Give a whole number").optional(),
    ou_code: part,
    robot_sn: part,
  })
  .refine((given) => Object.values(given).some((value) => value !== undefined), {
    error: "Give at least one of merchant_code, scenes_code, ou_code and robot_sn",
  })
  // A refinement doesn't show in JSON Schema.
  .meta({ minProperties: 1 })
  .transform((given): FolderSelector => {
    const named = Object.entries(given).filter((entry) => entry[1] !== undefined);
    return Object.fromEntries(named) as FolderSelector;
  });

export const wombatExample = {
  merchant_code: "m1",
  scenes_code: "1",
  ou_code: "o1",
  robot_sn: "r1",
};

/**
 * `taobao.wdk.iot.wombat.common.gettoken`: one call opens the folder of a scene, store or robot.
 */
export function wombat(options: Options, { now, tunnel }: VendorDependencies = {}): Vendor {
  const name = "wombat";
  const redact = createRedactor(secretsIn(wombatOptions, options));
  const gateway = createTopClient({ vendor: name, account: options, now, tunnel, redact });
  return {
    name,
    selector,
    call: ({ folder }) => folder,
    async issue(call, { signal }) {
      const { result } = await gateway.call({
        method: "taobao.wdk.iot.wombat.common.gettoken",
        parameters: call,
        answer,
        signal,
      });
      if (!result.success) {
        const { msg_code = "", msg_info = "" } = result;
        throw refused(name, msg_code, redact(msg_info));
      }
      const given = partOf(name, opened, result.data, "result.data");
      return { leases: [leaseOf(name, folderKey(call), given, options)], refusals: [] };
    },
  };
}

function refused(vendor: string, msg_code: string, msg_info: string): ExhibitError {
  const reason = `${msg_code} ${msg_info}`.trim() || "without a reason";
  return new ExhibitError("VENDOR_REFUSED", `${vendor}: ${reason}`, {
    details: { vendor, msg_code, msg_info },
  });
}

function leaseOf(
  vendor: string,
  folder: string,
  given: z.output<typeof opened>,
  options: Options,
): IssuedLease {
  const { oss } = options;
  const { bucket_name } = given;
  const endpoint = answeredEndpoint(vendor, "endpoint", given.endpoint, bucket_name, oss);
  const prefix = answeredPrefix(vendor, given.dir);
  return {
    credentials: wdkCredentials(given),
    bucket: bucketFrom(oss, { endpoint, name: bucket_name }),
    folders: { [folder]: prefix },
    prefixes: [prefix],
    ends: leaseEnd(vendor, "expiration_time", given.expiration_time, options),
  };
}
