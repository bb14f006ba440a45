import type { Policy } from "../policy.ts";
import type { TemporaryKey } from "../tokens.ts";
import type { TopStruct } from "./top-envelope.ts";

/** Why a vendor doesn't open a folder. */
export interface Refusal {
  code: string;
  message: string;
}

/** The forms of an upload URL: the bucket's host alone, or the object's signed URL. */
export const uploadUrlForms = ["bucket", "signed-v4", "signed-v1"] as const;
export type UploadUrls = (typeof uploadUrlForms)[number];

/** Where a folder lies. */
export interface FolderPlace {
  endpoint: string;
  bucket: string;
  prefix: string;
}

/** What a vendor's stand-in works with. */
export interface VendorDesk {
  /** Milliseconds since the epoch, by the gateway's clock. */
  readonly now: number;
  /** Where a folder lies that usually lies there; elsewhere once the vendor was told to move. */
  placeOf(usual: Omit<FolderPlace, "endpoint">): FolderPlace;
  /** What industry gives as `uploadUrl`. */
  readonly uploadUrls: UploadUrls;
  /** Actions that tokens allow at present. */
  readonly actions: readonly string[];
  issue(policy: Policy): TemporaryKey;
  /** The refusal that was ordered for a folder of this vendor. */
  refusalOf(folder: string): Refusal | undefined;
}

/** Where a configuration made for the sandbox points to. */
export interface VendorSetting {
  gatewayUrl: string;
  iotUrl: string;
  ossUrl: string;
  /** Seconds. */
  leaseSeconds: number;
}

/** A vendor behind the TOP gateway: one file in `vendors/`, one line in its table. */
export interface TopVendor {
  readonly method: string;
  /** Answers a call whose common parameters are in order. Throws `TopError`. */
  answer(parameters: ReadonlyMap<string, string>, desk: VendorDesk): TopStruct;
  /** The vendor's section of an exhibit.yaml for this sandbox. */
  config(setting: VendorSetting): Record<string, unknown>;
}

/** A vendor behind the IoT gateway. */
export interface IotVendor {
  readonly path: string;
  readonly apiVersion: string;
  /** The answer's `data` for a call whose headers and envelope are in order. Throws `IotError`. */
  answer(parameters: Record<string, unknown>, desk: VendorDesk): Record<string, unknown>;
  /** The vendor's section of an exhibit.yaml for this sandbox. */
  config(setting: VendorSetting): Record<string, unknown>;
}
