import type { Policy } from "../../tokens/policy.ts";
import type { TemporaryKey } from "../../tokens/token-issuer.ts";
import type { TopStruct } from "../top/top-envelope.ts";

/** Why a vendor refuses a folder. */
export interface Refusal {
  code: string;
  message: string;
}

/** The forms of industry's upload URL: the bucket's host alone, or the object's signed URL. */
export const uploadUrlForms = ["bucket", "signed-v4", "signed-v1"] as const;
export type UploadUrls = (typeof uploadUrlForms)[number];

/** The place of a folder in OSS. */
export interface FolderPlace {
  endpoint: string;
  bucket: string;
  prefix: string;
}

/** What a vendor's stand-in works with. */
export interface VendorContext {
  /** Milliseconds since the epoch, by the gateway's clock. */
  readonly now: number;
  /** Returns where a folder lies: at its usual place, or elsewhere once the vendor was told to move. */
  placeOf(usual: Omit<FolderPlace, "endpoint">): FolderPlace;
  /** The form of industry's `uploadUrl`. */
  readonly uploadUrls: UploadUrls;
  /** The actions that tokens allow at present. */
  readonly actions: readonly string[];
  issue(policy: Policy): TemporaryKey;
  /** Returns the refusal that was ordered for a folder of this vendor, if any. */
  refusalOf(folder: string): Refusal | undefined;
}

/** The addresses that a configuration for the sandbox points to. */
export interface VendorSetting {
  gatewayUrl: string;
  iotUrl: string;
  ossUrl: string;
  /** Lifetime of a token in seconds. */
  leaseSeconds: number;
}

/** A vendor behind the TOP gateway: one file in `vendors/`, one line in its table. */
export interface TopVendor {
  readonly method: string;
  /** The buckets that its folders lie in; a sandbox has those of all its vendors. */
  readonly buckets: readonly string[];
  /** Answers a call whose common parameters are valid. Throws `TopError`. */
  answer(parameters: ReadonlyMap<string, string>, context: VendorContext): TopStruct;
  /** Returns the vendor's section of an exhibit.yaml for this sandbox. */
  config(setting: VendorSetting): Record<string, unknown>;
}

/** A vendor behind the IoT gateway. */
export interface IotVendor {
  readonly path: string;
  readonly apiVersion: string;
  /** The buckets that its folders lie in; a sandbox has those of all its vendors. */
  readonly buckets: readonly string[];
  /** Returns the answer's `data` for a call whose headers and envelope are valid. Throws `IotError`. */
  answer(parameters: Record<string, unknown>, context: VendorContext): Record<string, unknown>;
  /** Returns the vendor's section of an exhibit.yaml for this sandbox. */
  config(setting: VendorSetting): Record<string, unknown>;
}
