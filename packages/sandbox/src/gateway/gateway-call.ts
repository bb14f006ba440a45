import type { VendorName } from "./vendors/index.ts";

/** One call of the gateway. */
export interface GatewayCall {
  /** Undefined for a method, or a path of the IoT gateway, that no vendor has. */
  vendor: VendorName | undefined;
  /** The path, for the IoT gateway. */
  method: string;
  /** All parameters but `sign` and `session`. */
  parameters: Record<string, string>;
  /** `ok`, the code of the `error_response`, or what was done to the call instead of an answer. */
  outcome: string;
  /** Milliseconds since the epoch, by the machine's clock. */
  at: number;
}
