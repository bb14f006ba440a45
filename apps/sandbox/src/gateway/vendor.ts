import type { Policy } from "../policy.ts";
import type { TemporaryKey } from "../tokens.ts";
import type { TopStruct } from "./top-envelope.ts";

/** Why a vendor doesn't open a folder. */
export interface Refusal {
  code: string;
  message: string;
}

/** What a vendor's stand-in works with. */
export interface VendorDesk {
  readonly ossUrl: string;
  /** Actions that tokens allow at present. */
  readonly actions: readonly string[];
  issue(policy: Policy): TemporaryKey;
  /** The refusal that was ordered for a folder of this vendor. */
  refusalOf(folder: string): Refusal | undefined;
}

/** Where a configuration made for the sandbox points to. */
interface VendorSetting {
  gatewayUrl: string;
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
