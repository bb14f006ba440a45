import { z } from "zod";
import { vendorNames } from "./vendors/index.ts";

/**
 * Has a vendor's answers lead to another place from now on, as far as they name one: kongur's name a folder's prefix, rex's an
 * endpoint, those of the others all.
 */
export const gatewayMove = z.strictObject({
  vendor: z.enum(vendorNames),
  bucket: z.string().min(1).optional(),
  /** Put before the usual one, such as `moved/`. */
  prefix: z.string().default(""),
  /** With its scheme. */
  endpoint: z.string().min(1).optional(),
});
export type GatewayMove = z.output<typeof gatewayMove>;
export type GatewayMoveOrder = z.input<typeof gatewayMove>;
