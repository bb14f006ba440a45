import { z } from "zod";
import { vendorNames } from "./vendors/index.ts";

/**
 * Makes a vendor's answers lead to another place from now on, as far as they name one: kongur's
 * answers name a folder's prefix, rex's an endpoint, those of the others everything.
 */
export const gatewayMove = z.strictObject({
  vendor: z.enum(vendorNames),
  bucket: z.string().min(1).optional(),
  /** Is put before the usual prefix, such as `moved/`. */
  prefix: z.string().default(""),
  /** An address with its scheme. */
  endpoint: z.string().min(1).optional(),
});
export type GatewayMove = z.output<typeof gatewayMove>;
export type GatewayMoveOrder = z.input<typeof gatewayMove>;
