import type { VendorName } from "./vendors/index.ts";

/** One call to the gateway. */
export interface GatewayCall {
  /** Undefined for a method (or a path of the IoT gateway) that no vendor has. */
  vendor: VendorName | undefined;
  /** TOP's method, or the path of the IoT gateway. */
  method: string;
  /** All parameters but `sign` and `session`. */
  parameters: Record<string, string>;
  /** `ok`, the code of the `error_response`, or the fault that replaced the response. */
  outcome: string;
  /** Milliseconds since the epoch, by the machine's clock. */
  at: number;
}
