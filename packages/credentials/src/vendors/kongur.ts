import { ExhibitError, type VendorPlace } from "@exhibit/contracts";
import { z } from "zod";
import { createRedactor } from "../gateways/redactor.ts";
import { createTopClient, topAccount } from "../gateways/top.ts";
import { topBoolean, topList, topOptionalText } from "../gateways/top-answer.ts";
import type { Bucket } from "../lease.ts";
import { bucketFrom, bucketName } from "../options/bucket.ts";
import { endpointOf, endpointOption, placedBucketOptions } from "../options/endpoint.ts";
import { keyText } from "../options/key-text.ts";
import { secretsIn } from "../options/secret.ts";
import type {
  CaseFolders,
  FolderOfCase,
  Vendor,
  VendorCall,
  VendorDependencies,
} from "../vendor.ts";
import { kongurFolders, kongurRoles } from "./kongur-folders.ts";

export const kongurOptions = z.strictObject({
  ...topAccount.shape,
  kongur_app_key: keyText(),
  /** The separator of suit ids: the vendor's document doesn't say. */
  suit_ids_separator: z.string().min(1).default(","),
  /** Seconds that a credential lives: the answer doesn't say. */
  lease_ttl: z.int().min(60).max(43_200).default(3600),
  /** The key of a suit's folder in `oss_dir_map`: the vendor's document doesn't say. */
  oss_dir_key: z
    .string()
    .includes("{suit_id}", { error: "It must contain {suit_id}" })
    .default("{suit_id}"),
  oss: placedBucketOptions({ endpoint: endpointOption, bucket: bucketName }),
});
type Options = z.output<typeof kongurOptions>;

const token = z.object({
  oss_token: topOptionalText,
  access_key_id: topOptionalText,
  secret_access_key: topOptionalText,
  oss_dir_map: z.preprocess(fromJson, z.record(z.string(), topOptionalText)),
  entrust_oss_folder: topOptionalText,
  lawyer_oss_folder: topOptionalText,
  firm_oss_folder: topOptionalText,
  success: topBoolean.default(true),
  error_code: topOptionalText,
});

const fault = z.object({
  business_id: topOptionalText,
  biz_type: topOptionalText,
  field_name_en: topOptionalText,
  return_error_code: topOptionalText,
  error_msg: topOptionalText,
});

const result = z.object({
  success: topBoolean.default(true),
  datas: topList(token),
  errors: topList(fault),
});
const answer = z.object({ kongur_oss_result_do: result });

const selector = z
  .strictObject({
    suit_id: z.string().trim().min(1).optional(),
    role: z.enum(kongurRoles).optional(),
  })
  .refine(({ suit_id, role }) => (suit_id === undefined) !== (role === undefined), {
    message: "Give either `suit_id` or `role` (entrust, lawyer or firm)",
  })
  // A refinement doesn't show in JSON Schema.
  .meta({ oneOf: [{ required: ["suit_id"] }, { required: ["role"] }] })
  .transform(
    ({ suit_id, role }): Record<string, string> =>
      suit_id === undefined ? { role: role ?? "" } : { suit_id },
  );

export const kongurExample = { suit_id: "1001" };

export const kongurCaseFolders: CaseFolders = {
  roles: kongurRoles,
  suit: (suit_id) => ({ suit_id }),
  role: (role) => ({ role }),
};

/**
 * `alibaba.kongur.token.getosstoken`: one call opens the folders of all suits, of the entrust,
 * lawyer and firm.
 */
export function kongur(options: Options, { now, tunnel }: VendorDependencies = {}): Vendor {
  const name = "kongur";
  const redact = createRedactor(secretsIn(kongurOptions, options));
  const gateway = createTopClient({ vendor: name, account: options, now, tunnel, redact });
  const bucket = bucketOf(options);
  return {
    name,
    selector,
    call: (of) => callFor(of, options.suit_ids_separator),
    async issue(call, { signal }) {
      const { kongur_oss_result_do: said } = await gateway.call({
        method: "alibaba.kongur.token.getosstoken",
        parameters: { kongur_app_key: options.kongur_app_key, ...call },
        answer,
        signal,
      });
      const { opened, refusals } = kongurFolders(said, {
        vendor: name,
        entrustId: call.entrust_id || undefined,
        suitIds: (call.suit_ids ?? "").split(options.suit_ids_separator).filter((id) => id !== ""),
        dirKey: (suitId) => options.oss_dir_key.replaceAll("{suit_id}", () => suitId),
      });
      return {
        leases: opened.map(({ credentials, folders }) => ({
          credentials,
          bucket,
          folders,
          prefixes: [...new Set(Object.values(folders))],
          ends: { after: options.lease_ttl * 1000 },
        })),
        refusals: refusals.map((each) => ({ ...each, message: redact(each.message) })),
      };
    },
  };
}

function callFor({ entrust_id, suit_ids, folder }: FolderOfCase, separator: string): VendorCall {
  if (folder.role !== undefined && !entrust_id) {
    throw bad("entrust_id", "the entrust, lawyer and firm folders need it");
  }
  const own = folder.suit_id === undefined ? [] : [folder.suit_id];
  // Sorted, so that equal calls have equal texts.
  const suitIds = [...new Set([...suit_ids, ...own])].sort();
  const torn = suitIds.find((id) => id.includes(separator));
  if (torn !== undefined) {
    const place = torn === folder.suit_id ? "folder.suit_id" : "suit_ids";
    throw bad(place, `${JSON.stringify(torn)} contains the separator ${JSON.stringify(separator)}`);
  }
  return { entrust_id: entrust_id ?? "", suit_ids: suitIds.join(separator) };
}

function bad(key: string, reason: string): ExhibitError {
  return new ExhibitError("REQUEST_INVALID", `${key}: ${reason}`, {
    details: { vendor: "kongur", key },
  });
}

/** Returns the configured place of the bucket: the answer names neither endpoint nor bucket. */
export function kongurBucket(options: Options): Omit<VendorPlace, "gateway"> {
  const { endpoint, name: bucket } = bucketOf(options);
  return { endpoint, bucket };
}

function bucketOf({ oss }: Options): Bucket {
  return bucketFrom(oss, {
    endpoint: endpointOf(oss.endpoint) ?? oss.endpoint,
    name: oss.bucket,
  });
}

/** `oss_dir_map` is JSON text in a String; an empty or missing one opens no suit's folder. */
function fromJson(value: unknown): unknown {
  if (value === undefined || value === null || value === "") return {};
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value);
  } catch {
    // It isn't a record: the check that follows reports it, without quoting it.
    return value;
  }
}
