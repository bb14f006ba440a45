import type { VendorPlace } from "@exhibit/contracts";
import { z } from "zod";
import { createRedactor } from "../gateways/redactor.ts";
import { createTopClient, topAccount } from "../gateways/top.ts";
import { topBoolean, topList, topOptionalText } from "../gateways/top-answer.ts";
import type { Bucket } from "../lease.ts";
import { bucketFrom, bucketName, folderPrefix } from "../options/bucket.ts";
import { endpointOf, endpointOption, placedBucketOptions } from "../options/endpoint.ts";
import { keyText } from "../options/key-text.ts";
import { secret, secretsIn } from "../options/secret.ts";
import {
  type FolderRefusal,
  folderKey,
  type IssuedLease,
  type Vendor,
  type VendorDependencies,
} from "../vendor.ts";
import { answeredEndpoint, answeredPrefix } from "./answered-place.ts";
import { endOptions, leaseEnd } from "./expiration.ts";
import { rexSign, rexSigner, strangeName } from "./rex-sign.ts";
import { partOf, unusableAnswer } from "./unusable-answer.ts";
import { wdkCredentials, wdkToken } from "./wdk-token.ts";

export const rexOptions = z.strictObject({
  ...topAccount.shape,
  ...endOptions.shape,
  rex_access_key: keyText(),
  rex_access_secret: secret(),
  sign: rexSign,
  /** Sends key and signature as JSON strings in quotes, as the vendor's Java sample does. */
  json_strings: z.boolean().default(false),
  oss: placedBucketOptions({
    /** Overrides the answer's, which the vendor's document calls "region information". */
    endpoint: endpointOption.optional(),
    /** The answer names no bucket. */
    bucket: bucketName,
    /** The prefix of a scene's folder: the answer doesn't say. */
    prefix: z
      .string()
      .min(1)
      .refine((text) => strangeName(text, ["scene"]) === undefined, {
        error: "Only {scene} can be inserted",
      })
      .refine((text) => folderPrefix(text) !== undefined, {
        error: "It isn't a folder of the bucket",
      })
      .default("{scene}/"),
  }),
});
type Options = z.output<typeof rexOptions>;

const flags = {
  success: topBoolean.optional(),
  msg_code: topOptionalText,
  msg_info: topOptionalText,
};
/** The credential itself is checked only if the flags say that there is one. */
const token = z.looseObject({ ...flags, scene: topOptionalText });
const answer = z.object({ result: z.object({ ...flags, model: topList(token) }) });
type Result = z.output<typeof answer>["result"];
const opened = wdkToken.extend({ endpoint: topOptionalText, expiration_time: topOptionalText });

const scene = z
  .string()
  .trim()
  .regex(/^(?!\.{1,2}$)[^/\\\p{Cc}]+$/u, "Not a scene's code");
const selector = z.strictObject({ scene });

export const rexExample = { scene: "contracts" };

/** `wdk.rex.platform.deamon.osstoken`: one call opens the folder of one scene. */
export function rex(options: Options, { now, tunnel }: VendorDependencies = {}): Vendor {
  const name = "rex";
  const redact = createRedactor(secretsIn(rexOptions, options));
  const gateway = createTopClient({ vendor: name, account: options, now, tunnel, redact });
  const sign = rexSigner(name, options.sign);

  async function parametersAt(scenes: string, time: number): Promise<Record<string, string>> {
    const { rex_access_key, rex_access_secret } = options;
    const rex_access_time = options.sign.time_unit === "s" ? Math.floor(time / 1000) : time;
    const signed = await sign({ rex_access_key, rex_access_secret, rex_access_time, scenes });
    const text = (value: string) => (options.json_strings ? JSON.stringify(value) : value);
    return {
      rex_access_key: text(rex_access_key),
      rex_access_time: String(rex_access_time),
      scenes,
      rex_access_secret_sign: text(signed),
    };
  }

  return {
    name,
    selector,
    call: ({ folder }) => ({ scenes: JSON.stringify([folder.scene]) }),
    async issue({ scenes = "[]" }, { signal }) {
      const { result } = await gateway.call({
        method: "wdk.rex.platform.deamon.osstoken",
        parameters: (time) => parametersAt(scenes, time),
        answer,
        signal,
      });
      const asked = z.array(scene).parse(JSON.parse(scenes));
      const soleScene = asked.length === 1 ? asked[0] : undefined;
      const leases: IssuedLease[] = [];
      const refusals: FolderRefusal[] = result.success === false ? [refusalOf(null, result)] : [];
      for (const each of result.model) {
        const code = each.scene ?? (result.model.length === 1 ? soleScene : undefined);
        if (code === undefined)
          throw unusableAnswer(name, "it doesn't say which scene a token is for");
        if (!asked.includes(code)) continue;
        // A token without a flag of its own has that of the whole answer.
        const isOpen = each.success ?? result.success ?? true;
        if (isOpen) leases.push(leaseOf(name, code, each, options));
        else refusals.push(refusalOf(code, each.msg_code || each.msg_info ? each : result));
      }
      return {
        leases,
        refusals: refusals.map((each) => ({ ...each, message: redact(each.message) })),
      };
    },
  };
}

function refusalOf(code: string | null, said: Pick<Result, "msg_code" | "msg_info">) {
  return {
    folder: code === null ? null : folderKey({ scene: code }),
    code: said.msg_code ?? "",
    message: said.msg_info ?? "",
  };
}

function leaseOf(vendor: string, code: string, said: object, options: Options): IssuedLease {
  const given = partOf(vendor, opened, said, "result.model");
  const prefix = answeredPrefix(
    vendor,
    options.oss.prefix.replaceAll("{scene}", () => code),
  );
  return {
    credentials: wdkCredentials(given),
    bucket: bucketOf(vendor, given.endpoint, options),
    folders: { [folderKey({ scene: code })]: prefix },
    prefixes: [prefix],
    ends: leaseEnd(vendor, "expiration_time", given.expiration_time, options),
  };
}

/** Returns the configured place of the bucket: the answer names no bucket. */
export function rexBucket({ oss }: Options): Omit<VendorPlace, "gateway"> {
  const endpoint = oss.endpoint === undefined ? null : (endpointOf(oss.endpoint) ?? oss.endpoint);
  return { endpoint, bucket: oss.bucket };
}

function bucketOf(vendor: string, said: string | undefined, { oss }: Options): Bucket {
  const endpoint =
    endpointOf(oss.endpoint ?? "") ??
    answeredEndpoint(
      vendor,
      "endpoint (`oss.endpoint` overrides it)",
      hostOf(said ?? ""),
      oss.bucket,
      oss,
    );
  return bucketFrom(oss, { endpoint, name: oss.bucket });
}

/** "Region information" may be a region's id; its public host is `oss-<region>.aliyuncs.com`. */
function hostOf(text: string): string {
  const region = /^(?:oss-)?([a-z]{2}(?:-[a-z0-9]+)+)$/.exec(text)?.[1];
  return region === undefined ? text : `oss-${region}.aliyuncs.com`;
}
