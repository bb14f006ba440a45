import { z } from "zod";

/** The path's `:vendor`. */
export const vendorParams = z.object({
  vendor: z.string().describe("A vendor of the configuration, such as `kongur`"),
});
