import { z } from "zod";

/** The path's `:vendor`. */
export const vendorParams = z.object({
  vendor: z.string().describe("The name of a configured vendor, such as `kongur`"),
});
